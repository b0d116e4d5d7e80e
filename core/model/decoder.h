#pragma once

/// A causal language model as a sequence of steps over lanes: embed, block(0) .. block(L-1), final
/// norm, head. The caller holds the hidden states and at most one block's weights at a time; there
/// is no whole-model forward beside it. Every step is thread-safe, and runs one window in the
/// calling thread.

#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "core/io/checkpoint.h"
#include "core/model/architecture.h"
#include "core/model/decoder_block.h"

namespace nf {

/// Columns of one piece of logits: a log-sum-exp over the vocabulary goes chunk by chunk in this
/// order. Part of the numerics version.
inline constexpr Index kVocabChunk = 1024;

/// Rows [first_token, first_token + chunks' sum) of the head, packed in pieces of kVocabChunk
/// tokens.
struct HeadSlab {
  Index first_token = 0;
  std::vector<PackedWeight>
      chunks;  ///< [kVocabChunk, H] each, the vocabulary's last may be shorter
};

class Decoder {
 public:
  /// Reads config.json and checks every tensor's presence and shape; touches no weight yet.
  /// Throws DataError, also for tensors of the checkpoint that the model would not use.
  static Decoder open(const std::filesystem::path& dir, const ArchitectureRegistry& registry);

  /// Reads every weight once, by all threads. Throws DataError where one is not finite: before a
  /// run, so that it does not end half-way.
  void check_weights() const;

  const DecoderSpec& spec() const { return spec_; }
  const Checkpoint& checkpoint() const { return *checkpoint_; }
  /// Every place a distortion can act, in the order of the forward pass: the embedding, per layer
  /// the roles in order of use, weight before input.
  std::vector<Site> sites() const;

  /// hidden ← embeddings (and learned positions) of one window starting at position 0.
  /// ids: [T]  hidden: [T, H]. Throws DataError for an id outside the vocabulary.
  /// tokens: embeddings to use instead of the checkpoint's, [V, H], or empty.
  void embed(std::span<const std::int32_t> ids, MatrixView hidden,
             ConstMatrixView tokens = {}) const;
  /// The whole embedding or head in f32, [V, H], read by all threads: for a lane that distorts it.
  Matrix load_outer(Role role) const;

  /// Block `layer` in f32, read by all threads. Throws DataError where a weight is not finite.
  BlockWeights load_block(Index layer) const;
  /// Packs all linears of a block, by all threads.
  PackedLinears pack_block(const BlockWeights& weights) const;
  /// Reads what every window needs (final norm, rotary tables of positions 0 .. tokens-1). To be
  /// called once, before the first run().
  void prepare(Index tokens);
  /// Runs a block on one window of at most that many tokens in place (run_block). hidden: [T, H]
  void run(const BlockWeights& weights, const PackedLinears& packed, InputFilter* filter,
           MatrixView hidden) const;

  /// hidden ← final norm of hidden, what the head reads. [T, H]
  void final_norm(MatrixView hidden) const;
  /// A part of the head, read by all threads. first_token must be a multiple of kVocabChunk.
  HeadSlab load_head(Index first_token, Index tokens) const;
  /// The same part of a head of one's own, [V, H].
  HeadSlab pack_head(ConstMatrixView head, Index first_token, Index tokens) const;

 private:
  Decoder(std::shared_ptr<const Checkpoint> checkpoint, DecoderSpec spec);
  void check_tensors();
  HeadSlab pack_slab(Index first_token, Index tokens,
                     const std::function<void(Index begin, MatrixView rows)>& read) const;

  std::shared_ptr<const Checkpoint> checkpoint_;
  DecoderSpec spec_;
  std::vector<std::string> tensors_;       ///< names of all that the model uses
  std::shared_ptr<const RopeTable> rope_;  ///< where rotary; the positions reserved
  NormWeights final_norm_;
};

}  // namespace nf
