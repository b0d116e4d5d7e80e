#pragma once

#include <span>
#include <utility>
#include <vector>

#include "eval/plan/missing_outcomes.h"

namespace nf {

/// The steps of weights in a block whose knowledge a chain needs while its outcome is made.
struct NeedyStep {
  const SiteStep* step = nullptr;
  Role role = Role::q_proj;  ///< whose input it is
  InputNeeds needs{};
};

/// A calibration set, and the lanes that pass the model with it: the untouched one, and trials
/// whose statistics come through what they do to the blocks before.
struct CalibratedSet {
  struct Lane {
    std::size_t trial = 0;
    Index until = 0;  ///< last step of the forward pass whose outcomes need it
  };
  CalibrationSetPtr set;
  std::vector<Lane> lanes{};
  Index root_until = 0;  ///< 0: the untouched model is wanted for nothing

  Index until() const;
};

/// The order in which the linears of a block are made where the later ones see the earlier ones
/// made: those that read its first norm, o_proj, those that read the MLP's norm, down_proj. Of
/// blocks whose sub-layers stand side by side both first ones come together.
inline constexpr int kPhases = 4;
int phase_of(const DecoderSpec& spec, Role role);

/// What passes have to be made to get at missing outcomes.
class CalibrationPlan {
 public:
  /// All must outlive this.
  CalibrationPlan(const DecoderSpec& spec, std::span<const CalibratedTrial> trials,
                  const HasOutcome& has);

  bool empty() const { return missing_.empty(); }
  std::span<const CalibratedTrial> trials() const { return trials_; }
  const std::vector<MissingOutcome>& missing() const { return missing_; }
  const std::vector<CalibratedSet>& sets() const { return sets_; }
  /// The place of a set among sets(), by its hash.
  std::size_t set_of(const StepCalibration& calibration) const;
  /// Last step of the forward pass that is needed.
  Index until() const { return missing_.empty() ? 0 : missing_.back().step; }

  /// The steps whose statistics are looked at for an outcome: those of its own chain, and where it
  /// chooses for a tensor those of all linears that read it.
  std::vector<NeedyStep> needy_steps(const MissingOutcome& outcome) const;
  /// Whether the outcome depends on other weights of its block: it chooses, or replays it.
  static bool looks_around(const SiteChain& chain);

 private:
  void add(const MissingOutcome& outcome);

  const DecoderSpec& spec_;
  std::span<const CalibratedTrial> trials_;
  std::vector<MissingOutcome> missing_;
  std::vector<CalibratedSet> sets_;
};

}  // namespace nf
