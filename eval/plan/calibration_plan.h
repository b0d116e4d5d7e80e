#pragma once

#include <span>
#include <utility>
#include <vector>

#include "eval/plan/missing_outcomes.h"

namespace nf {

/// Statistics of a block that are looked at while an outcome is made.
struct NeedyStep {
  const StepCalibration* calibration = nullptr;
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

/// The passes that have to be made to get at missing outcomes.
class CalibrationPlan {
 public:
  /// All must outlive this.
  CalibrationPlan(const DecoderSpec& spec, std::span<const CalibratedTrial> trials,
                  const HasOutcome& has);

  bool empty() const { return missing_.empty(); }
  /// The given ones, and behind them their reference trials where they are no trial that was given.
  std::span<const CalibratedTrial> trials() const { return trials_; }
  /// The trial behind whose blocks the statistics of a trial are taken (ModelTrial::reference()).
  std::size_t reference_of(std::size_t trial) const { return references_[trial]; }
  const std::vector<MissingOutcome>& missing() const { return missing_; }
  const std::vector<CalibratedSet>& sets() const { return sets_; }
  /// The place of a set among sets(), by its hash.
  std::size_t set_of(const StepCalibration& calibration) const;
  /// Last step of the forward pass that is needed.
  Index until() const { return missing_.empty() ? 0 : missing_.back().step; }

  /// The statistics that are looked at for an outcome: those of its own chain, and where it chooses
  /// for a tensor those of all linears that read it.
  std::vector<NeedyStep> needy_steps(const MissingOutcome& outcome) const;

 private:
  /// reference_of(), which it adds where it is missing.
  std::size_t find_reference(std::size_t trial);
  void add(const MissingOutcome& outcome);

  const DecoderSpec& spec_;
  std::vector<CalibratedTrial> trials_;
  std::vector<std::size_t> references_;  ///< by trial
  std::vector<MissingOutcome> missing_;
  std::vector<CalibratedSet> sets_;
};

}  // namespace nf
