#pragma once

#include <array>
#include <functional>
#include <mutex>
#include <vector>

#include "core/model/decoder.h"
#include "perturb/sublayer_replay.h"

namespace nf {

/// The sub-layers of one block run again on what their first linears have read of a calibration
/// set. Error sums are taken window by window and added up in the order of the set, so the bits
/// depend neither on batches nor on threads.
class BlockReplay final : public SublayerReplay {
 public:
  /// Some windows of the set, one below the other, and what was recorded of them. A sub-layer that
  /// nobody asks about may be left out.
  struct Batch {
    Layout layout;              ///< one segment a window, none with a prefix
    ConstMatrixView attention;  ///< [T, H] the input of q_proj
    ConstMatrixView mlp;        ///< [T, H] the input of the MLP's first linear
  };

  /// weights: of the checkpoint  made: the linears as they are made so far, the checkpoint's where
  /// they are not; may change between calls of error(), not during one. batches: in the order of
  /// the set. kept_bytes: of outputs of the reference that are kept from one candidate to the next,
  /// at most; those beyond are computed again each time. All arguments must outlive this.
  BlockReplay(const Decoder& decoder, const BlockWeights& weights, const PackedLinears& made,
              std::vector<Batch> batches, double kept_bytes);

  /// Shares its work out among the threads unless the caller is one of them already.
  double error(Around around, std::span<const Candidate> candidates) const override;
  bool reads_alone(Role role) const override { return reads_alone(decoder_.spec(), role); }

  static bool reads_alone(const DecoderSpec& spec, Role role);
  /// Bytes of outputs that can be kept of a set of `tokens` tokens: both sub-layers.
  static double output_bytes(const DecoderSpec& spec, Index tokens);

 private:
  /// Outputs that candidates are compared with, of one sub-layer.
  struct Reference {
    PackedLinears packed;         ///< that they were made with
    std::vector<Matrix> outputs;  ///< by batch: [T, H]; the last ones are not kept
  };

  bool same_linears(Sublayer sublayer, const PackedLinears& a, const PackedLinears& b) const;
  /// The kept outputs of a sub-layer with these linears.
  const Reference& reference(Sublayer sublayer, const PackedLinears& packed) const;
  void run(Sublayer sublayer, const PackedLinears& packed, const Batch& batch, Matrix& out) const;
  /// The errors of the windows of a batch. out, expected: [T, H]  errors: by window of the set
  void note_errors(Index b, ConstMatrixView out, ConstMatrixView expected,
                   std::vector<double>& errors) const;
  /// Runs body(batch) for the first `count` batches, side by side where they keep all threads busy.
  static void each_batch(Index count, const std::function<void(Index)>& body);

  const Decoder& decoder_;
  const BlockWeights& weights_;
  const PackedLinears& made_;
  std::vector<Batch> batches_;
  Index tokens_ = 0;
  std::vector<std::size_t> first_window_;        ///< of each batch, and the end of the last one's
  std::size_t kept_batches_ = 0;                 ///< of a reference
  mutable std::mutex mutex_;                     ///< of the references: one error() at a time
  mutable std::array<Reference, 2> references_;  ///< by sub-layer
};

}  // namespace nf
