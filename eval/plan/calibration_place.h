#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <functional>
#include <vector>

#include "eval/plan/calibration_plan.h"
#include "eval/plan/lane_tree.h"

namespace nf {

/// A place where a pass takes statistics: the same for all steps of chains that see the same.
struct CalibrationPlace {
  std::size_t set = 0;  ///< of the plan
  Index step = 0;       ///< of the forward pass
  Index leader = 0;     ///< of the group of lanes that are one before the step
  /// Linears of the block that have been made; nothing: the checkpoint's.
  std::array<ChainKey, kRoleCount> made{};
  friend auto operator<=>(const CalibrationPlace&, const CalibrationPlace&) = default;
};

/// The leader of the group that a reference trial is in at a step; the root for a path of none.
using LeaderOf =
    std::function<Index(const StepCalibration& calibration, std::size_t trial, Index step)>;
/// The place where a part of a trial's chain at `role` takes its statistics. at: step of the
/// forward pass
CalibrationPlace calibration_place(const DecoderSpec& spec, const CalibrationPlan& plan,
                                   const LeaderOf& leader_of, std::size_t trial,
                                   const StepCalibration& calibration, Role role, Index at);

using MissingOutcomes = std::vector<const MissingOutcome*>;
/// Outcomes of one block cut into those that look at the same places, or at each other: they are
/// made together, and statistics are held of no others meanwhile.
std::vector<MissingOutcomes> made_together(
    const CalibrationPlan& plan, const MissingOutcomes& outcomes,
    const std::function<CalibrationPlace(const MissingOutcome&, const NeedyStep&)>& place_of);

/// The lanes of a plan's sets as trees, lane 0 the untouched model.
class CalibrationTrees {
 public:
  /// All must outlive this.
  CalibrationTrees(const DecoderSpec& spec, const CalibrationPlan& plan);

  const LaneTree& tree(std::size_t set) const { return trees_[set]; }
  /// The group of a set's lane at a step.
  LaneTree::Group group(std::size_t set, Index lane, Index step) const;
  CalibrationPlace place(const MissingOutcome& outcome, const NeedyStep& needy) const;

 private:
  const DecoderSpec& spec_;
  const CalibrationPlan& plan_;
  std::vector<LaneTree> trees_;  ///< by set
};

}  // namespace nf
