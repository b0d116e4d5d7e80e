#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/model/decoder_block.h"
#include "eval/data/calibration_set.h"
#include "eval/experiment/trial.h"

namespace nf {

/// The calibration of one step: from which text, after which blocks.
struct StepCalibration {
  CalibrationSetPtr set{};  ///< null where the distortion has no needs
  Propagate propagate = Propagate::none;
};

/// One distortion acting at one site.
struct SiteStep {
  DistortionPtr distortion;
  std::uint64_t key = 0;              ///< of its draws on the evaluated items, or on a weight
  std::uint64_t calibration_key = 0;  ///< of its draws on a calibration set, where x is no weight
  std::size_t entry = 0;              ///< of the trial
  StepCalibration calibration{};
};

/// Everything that calibration has to say to one step (DistortionContext). All null where the step
/// needs nothing.
struct StepKnowledge {
  const InputStatistics* inputs = nullptr;
  const TensorChoice* choice = nullptr;
  const SublayerReplay* replay = nullptr;
};

/// The distortions of one site, in their order. Empty: the site is untouched.
struct SiteChain {
  Site site;  ///< inputs go by the first role that reads this x̃
  std::vector<SiteStep> steps;
  /// Inputs only: roles that read one tensor and have the same number share one x̃; 0: untouched.
  int variant = 0;

  bool empty() const { return steps.empty(); }
  /// A chain as it acts at one time.
  struct Use {
    DistortionContext context{};  ///< everything but the site, the key and what follows here
    /// By step, where x is a part of a weight; empty where it is the whole.
    std::span<const MatrixFiguresPtr> figures{};
    /// By step; empty where no step has needs.
    std::span<const StepKnowledge> knowledge{};
    bool on_calibration_set = false;  ///< x is of one: draws are others than on the evaluated items
  };
  /// distorted ← all steps one after the other. x, distorted: [rows, cols], not overlapping.
  DistortionReport apply(ConstMatrixView x, const Use& use, MatrixView distorted) const;
  /// The same with the first `count` steps, at least one.
  DistortionReport apply_first(std::size_t count, ConstMatrixView x, const Use& use,
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
  /// sets: where the calibration sets come from that entries name; null where none is needed.
  ModelTrial(const Trial& trial, const DecoderSpec& spec, const CalibrationSource& sets = {});
  /// The untouched model with every product of a linear summed in halves: what rounding alone does.
  static ModelTrial floor(const DecoderSpec& spec);

  /// A trial without a name or seed that has one distortion, with needs, at some inputs of linears.
  /// set: what its statistics are of, of the untouched model
  static ModelTrial at_inputs(const DecoderSpec& spec, const DistortionPtr& distortion,
                              const CalibrationSetPtr& set, std::span<const Site> sites);

  /// Of the linears of the blocks, the projections beside them and the head.
  Summation summation() const { return summation_; }
  std::uint64_t seed() const { return seed_; }
  const SiteChain& weight(Index layer, Role role) const { return chain(weights_, layer, role); }
  const SiteChain& input(Index layer, Role role) const { return chain(inputs_, layer, role); }
  /// state: resid, k_cache or v_cache.
  const SiteChain& state(Index layer, SiteTensor state) const {
    return states_[static_cast<std::size_t>(layer)][state_index(state)];
  }
  /// Whether any input of a linear, or any state, of that block is distorted.
  bool touches_inputs(Index layer) const;
  /// Whether some chain has needs (input_needs()).
  bool is_calibrated() const { return calibrated_; }
  /// Whether any weight of a block is its own: distorted, or packed for another summation.
  bool touches_weights() const;
  /// The same of the head.
  bool has_own_head() const { return !lm_head_.empty() || summation_ != Summation::whole; }
  const SiteChain& embed_tokens() const { return embed_tokens_; }
  const SiteChain& lm_head() const { return lm_head_; }
  const SiteChain& lm_head_input() const { return lm_head_input_; }
  /// The resolved condition on this model, apart from seed and name: sites and their distortions,
  /// and the calibration set and its path where these have input_needs(). Hashed into the trial's
  /// id.
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
  SiteChain embed_tokens_, lm_head_, lm_head_input_;
  Chains weights_, inputs_;                                        ///< by layer and role
  std::vector<std::array<SiteChain, std::size(kStates)>> states_;  ///< by layer
  Json identity_ = Json::array();
  bool calibrated_ = false;
};

}  // namespace nf
