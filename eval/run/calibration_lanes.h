#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "eval/plan/calibration_plan.h"
#include "eval/run/calibration_results.h"
#include "eval/run/input_gatherer.h"
#include "eval/run/lane_blocks.h"

namespace nf {

/// One calibration set on its way through a model: the untouched model and some trials, as a tree,
/// each lane as far as outcomes need it. Not thread-safe.
class CalibrationLanes {
 public:
  using Group = LaneTree::Group;

  /// All must outlive this.
  CalibrationLanes(const Decoder& decoder, const CalibratedSet& set,
                   std::span<const CalibratedTrial> trials, const CalibrationResults& results,
                   Index distorting_threads, const StageHooks& hooks);
  CalibrationLanes(const CalibrationLanes&) = delete;  // the stage is one of its members
  CalibrationLanes& operator=(const CalibrationLanes&) = delete;

  const CalibrationSet& set() const { return *set_.set; }
  const StageRows& rows() const { return rows_; }
  /// The group that a reference trial is in at a step; the root's for a path of none.
  Group group(const StepCalibration& calibration, std::size_t trial, Index step) const;

  void embed() { blocks_.embed(); }
  /// Runs a block on what a group has read before it, and leaves the group where it is. group: at
  /// the step before the block's  packed: its linears, the checkpoint's or made ones
  /// passes: the group's lanes that do not touch the block need not pass it again. Then packed must
  /// be the checkpoint's, and nothing else may be gathered of the group at this step behind it.
  void gather(const Group& group, const BlockWeights& weights, const PackedLinears& packed,
              bool passes, InputGatherer& gatherer);
  /// The same of the head's input.
  void gather_head(const Group& group, InputGatherer& gatherer);

  /// Takes all lanes that are needed behind it through a block.
  void pass(const BlockWeights& weights);
  /// The lanes that have failed in the last pass, and why.
  struct Failure {
    std::optional<std::size_t> trial{};  ///< none: the untouched model
    std::string problem;
  };
  std::vector<Failure> take_failures() { return std::exchange(failures_, {}); }

 private:
  static EvalSet items_of(const CalibrationSet& set);
  static std::vector<Lane> lanes_of(const CalibratedSet& set,
                                    std::span<const CalibratedTrial> trials);
  Index until(Index place) const;
  /// The lanes of a group that leave a block untouched and go on behind it, as a group at `step`;
  /// empty: there are none.
  Group untouched_part(const Group& group, Index step) const;
  /// Lanes go on behind `step` that are in the one group and not in the other.
  bool others_go_on(const Group& group, const Group& without, Index step) const;
  void note_failures(Index step);

  const CalibratedSet& set_;
  EvalSet items_;
  Stage stage_;
  StageRows rows_;
  StageRun run_;
  std::vector<Lane> lanes_;
  LaneStates states_;
  LaneBlocks blocks_;
  std::vector<Index> place_of_lane_;
  /// A group that has passed the block while it was gathered.
  struct Passed {
    Matrix behind;  ///< hidden states, [T, H]; empty where they are in their place already
    ItemProblem problem;
  };
  std::map<Index, Passed> passed_;  ///< by leader
  std::vector<Failure> failures_;
};

}  // namespace nf
