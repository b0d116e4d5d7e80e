#pragma once

/// A causal language model as a sequence of steps over lanes: embed, block(0) .. block(L-1), final
/// norm, head. The caller holds the hidden states and at most one block's weights at a time; there
/// is no whole-model forward beside it. Every step is thread-safe, and shares its work out among
/// the threads unless its caller is one of them already.

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "core/checkpoint/checkpoint.h"
#include "core/model/architecture.h"
#include "core/model/decoder_block.h"
#include "core/model/reshape.h"
#include "core/model/rounding.h"

namespace nf {

/// Columns of one piece of logits: a log-sum-exp over the vocabulary goes chunk by chunk in this
/// order. Part of the numerics version.
inline constexpr Index kVocabChunk = 1024;

/// Rows of a weight converted to f32 at a time while it is packed, rounded up to the layout's
/// blocks: few enough that they stay in the cache between the two.
inline constexpr Index kConversionRows = 64;

/// Rows [first_token, first_token + chunks' sum) of the head, packed in pieces of kVocabChunk
/// tokens.
struct HeadSlab {
  Index first_token = 0;
  std::vector<PackedWeight>
      chunks;  ///< [kVocabChunk, E] each, the vocabulary's last may be shorter
};

/// Embeddings of some tokens, a lane's own.
struct TokenRows {
  std::vector<std::int32_t> ids{};  ///< ascending, each once
  Matrix rows{};                    ///< [ids.size(), E]

  /// [E]; InternalError where the token is not among them.
  const float* of(std::int32_t id) const;
};

class Decoder {
 public:
  /// Reads config.json and checks every tensor's presence and shape; touches no weight yet but a
  /// tied pair's that is stored twice (choose_head). Throws DataError, also for tensors of the
  /// checkpoint that the model would not use.
  static Decoder open(const std::filesystem::path& dir, const ArchitectureRegistry& registry);

  const DecoderSpec& spec() const { return spec_; }
  const Checkpoint& checkpoint() const { return *checkpoint_; }
  /// One line for each pair of sources that disagree, and which of them is used.
  const std::vector<std::string>& warnings() const { return warnings_; }
  /// The same model in another shape, which takes the place of the one that this has. Its weights
  /// and norms are read so from then on; prepare() is to be called anew. The family must allow it
  /// (why_not_reshaped()).
  Decoder reshaped(const Reshape& reshape) const;
  /// Every place a distortion can act, in the order of the forward pass: the embedding, per layer
  /// the roles in order of use, weight before input; keys and values stand behind v_proj, the
  /// residual stream at the layer's end.
  std::vector<Site> sites() const;

  /// The arithmetic of all products of the model from here on, f32 at first. To be called before a
  /// weight is packed.
  void set_arithmetic(Arithmetic arithmetic) { set_arithmetic(arithmetic, arithmetic); }
  /// The same where the checkpoint's linears of the blocks are multiplied otherwise than the rest:
  /// int8 is for them alone.
  void set_arithmetic(Arithmetic arithmetic, Arithmetic linears) {
    arithmetic_ = arithmetic;
    linears_arithmetic_ = linears;
  }
  Arithmetic arithmetic() const { return arithmetic_; }
  /// The products of linears under a rounding.
  Multiplication multiplication(Rounding rounding = Rounding::usual) const;

  /// Reads the parts that every batch needs (norms outside the blocks, projections, rotary tables
  /// of positions 0 .. positions-1). To be called once, before the first embed() or run().
  void prepare(Index positions);

  /// hidden ← embeddings (and learned positions) of some tokens that lie as `layout` says.
  /// ids: [T]  hidden: [T, H]. Throws DataError for an id outside the vocabulary.
  /// tokens: embeddings of all these ids to use instead of the checkpoint's, or null. rounding: of
  /// the projection, where the model has one.
  void embed(std::span<const std::int32_t> ids, const Layout& layout, MatrixView hidden,
             const TokenRows* tokens = nullptr, Rounding rounding = Rounding::usual) const;

  /// Reads one linear's weight in f32 as the model uses it (a fused tensor's part, not transposed),
  /// in the calling thread. weight: [out, in]. Throws DataError where a value is not finite.
  void read_weight(Index layer, Role role, MatrixView weight) const;
  /// Block `layer`, converted and packed by all threads, in the memory of `used`, a block of no
  /// more use. Throws DataError where a weight is not finite.
  BlockWeights load_block(Index layer, BlockWeights used = {}) const;
  /// Starts reading a block from the disk while something else is computed. A hint.
  void prefetch_block(Index layer) const;
  /// Runs a block on some rows in place (run_block). hidden: [T, H]  rounding: of the products of
  /// attention; those of linears are as `packed` is.
  void run(const BlockWeights& weights, const PackedLinears& packed, const Layout& layout,
           InputFilter* filter, MatrixView hidden, InputProbe* probe = nullptr,
           Rounding rounding = Rounding::usual) const;
  /// Runs one sub-layer of a block alone (nf::run_sublayer). x, out: [T, H]
  void run_sublayer(Sublayer sublayer, const BlockWeights& weights, const PackedLinears& packed,
                    const Layout& layout, ConstMatrixView x, MatrixView out) const;

  /// hidden ← the head's input: the final norm, projected where the model does that. [T, H] becomes
  /// [T, E]. rounding: of the projection.
  void final_norm(Matrix& hidden, Rounding rounding = Rounding::usual) const;
  /// Starts reading a part of the head from the disk. A hint.
  void prefetch_head(Index first_token, Index tokens) const;
  /// A part of the head, read by all threads, in the memory of `used`, a part of no more use.
  /// first_token must be a multiple of kVocabChunk.
  HeadSlab load_head(Index first_token, Index tokens, HeadSlab used = {},
                     Rounding rounding = Rounding::usual) const;
  /// A part of a lane's own head: its rows from first_token on, [tokens, E].
  HeadSlab pack_head(ConstMatrixView rows, Index first_token, HeadSlab used = {}) const;
  /// Reads rows [first, first + rows.rows()) of the embedding or the head in f32, [n, E], in the
  /// calling thread: for a lane that distorts it.
  void read_outer(Role role, Index first, MatrixView rows) const;
  /// The rows of the embedding or the head that were read leave the resident memory.
  void release_outer(Role role) const;
  /// Logits of one chunk of the vocabulary. x: [T, E]  logits: [T, chunk.out()]
  void logits(ConstMatrixView x, const PackedWeight& chunk, MatrixView logits) const;

 private:
  /// A linear beside the blocks, packed for either rounding of its products; empty: there is none.
  struct Projection {
    PackedWeight usual, other;
    const PackedWeight& of(Rounding rounding) const {
      return rounding == Rounding::other ? other : usual;
    }
  };
  Decoder(std::shared_ptr<const Checkpoint> checkpoint, DecoderSpec spec,
          std::vector<std::string> warnings);
  /// Rows [first, first + rows.rows()) of a linear; of a transposed tensor all of them.
  void read_rows(const LinearTensors& from, Index first, MatrixView rows) const;
  /// The factors that the columns of a linear are divided by; empty where they stay.
  std::vector<double> column_factors(const BlockSpec& block, Index layer, Role role) const;
  const std::string& outer_tensor(Role role) const;
  Projection read_projection(const std::string& name) const;
  HeadSlab pack_slab(Index first_token, Index tokens, HeadSlab used, Rounding rounding,
                     const std::function<void(Index begin, MatrixView rows)>& read) const;

  std::shared_ptr<const Checkpoint> checkpoint_;
  DecoderSpec spec_;
  std::vector<std::string> warnings_;
  Arithmetic arithmetic_ = Arithmetic::f32, linears_arithmetic_ = Arithmetic::f32;
  std::shared_ptr<const RopeTable> rope_;  ///< where rotary; the positions prepared
  NormWeights embedding_norm_, final_norm_;
  Projection project_in_, project_out_;
  Reshape reshape_;
};

}  // namespace nf
