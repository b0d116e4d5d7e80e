#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/model/decoder_block.h"
#include "eval/experiment/trial.h"

namespace nf {

/// One distortion acting at one site.
struct SiteStep {
  DistortionPtr distortion;
  std::uint64_t key = 0;  ///< of its draws
};

/// The distortions of one site, in their order. Empty: the site is untouched.
struct SiteChain {
  Site site;  ///< inputs go by the first role that reads this x̃
  std::vector<SiteStep> steps;
  /// Inputs only: roles that read one tensor and have the same number share one x̃; 0: untouched.
  int variant = 0;

  bool empty() const { return steps.empty(); }
  /// distorted ← all steps one after the other. x, distorted: [rows, cols], not overlapping.
  /// `context` gives everything but the site and the key.
  DistortionReport apply(ConstMatrixView x, const DistortionContext& context,
                         MatrixView distorted) const;
  /// The same with the first `count` steps, at least one. figures: each step's, where x is a part
  /// of a weight; empty where it is the whole.
  DistortionReport apply_first(std::size_t count, ConstMatrixView x, DistortionContext context,
                               std::span<const MatrixFiguresPtr> figures,
                               MatrixView distorted) const;
  /// Rows of a weight [rows, in] that all steps must make together (Distortion::rows_together).
  Index rows_together(Index rows) const;
  /// Needs of all steps together.
  InputNeeds input_needs() const;
  /// Bytes that apply() holds beside x and x̃ [rows, cols], about.
  double scratch_bytes(Index rows, Index cols) const;
};

/// A trial made ready for one model: the distortions of each site.
class ModelTrial {
 public:
  /// calibration: identity of the calibration set from which statistics of inputs come; empty where
  /// there is none.
  ModelTrial(const Trial& trial, const DecoderSpec& spec, std::string calibration = {});
  /// The untouched model with every product of a linear summed in halves: what rounding alone does.
  static ModelTrial floor(const DecoderSpec& spec);

  /// Of the linears of the blocks, the projections beside them and the head.
  Summation summation() const { return summation_; }
  std::uint64_t seed() const { return seed_; }
  const std::string& calibration() const { return calibration_; }
  const SiteChain& weight(Index layer, Role role) const { return chain(weights_, layer, role); }
  const SiteChain& input(Index layer, Role role) const { return chain(inputs_, layer, role); }
  /// state: resid, k_cache or v_cache.
  const SiteChain& state(Index layer, SiteTensor state) const {
    return states_[static_cast<std::size_t>(layer)][state_index(state)];
  }
  /// Whether any input of a linear, or any state, of that block is distorted.
  bool touches_inputs(Index layer) const;
  /// Whether any weight of a block is its own: distorted, or packed for another summation.
  bool touches_weights() const;
  /// The same of the head.
  bool has_own_head() const { return !lm_head_.empty() || summation_ != Summation::whole; }
  const SiteChain& embed_tokens() const { return embed_tokens_; }
  const SiteChain& lm_head() const { return lm_head_; }
  const SiteChain& lm_head_input() const { return lm_head_input_; }
  /// The resolved condition on this model, apart from seed and name: sites and their distortions,
  /// and the calibration set where these have input_needs(). Hashed into the trial's id.
  const Json& identity() const { return identity_; }

 private:
  using Chains = std::vector<std::array<SiteChain, kRoleCount>>;
  static const SiteChain& chain(const Chains& chains, Index layer, Role role) {
    return chains[static_cast<std::size_t>(layer)][static_cast<std::size_t>(role)];
  }

  static std::size_t state_index(SiteTensor state) {
    return static_cast<std::size_t>(state) - static_cast<std::size_t>(SiteTensor::resid);
  }
  SiteChain& chain_at(const Site& site);

  Summation summation_ = Summation::whole;
  std::uint64_t seed_;
  std::string calibration_;
  SiteChain embed_tokens_, lm_head_, lm_head_input_;
  Chains weights_, inputs_;                                        ///< by layer and role
  std::vector<std::array<SiteChain, std::size(kStates)>> states_;  ///< by layer
  Json identity_ = Json::array();
};

}  // namespace nf
