#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "eval/plan/calibration_place.h"
#include "eval/run/block_replay.h"
#include "eval/run/calibration_lanes.h"

namespace nf {

using CalibrationSetLanes = std::vector<std::unique_ptr<CalibrationLanes>>;

/// Statistics of what the linears of one block read, by lane of a calibration set, and replays on
/// it: what distortions are told while weights are made.
class CalibrationSources {
 public:
  /// All must outlive this.
  CalibrationSources(const Decoder& decoder, const CalibrationPlan& plan,
                     const CalibrationSetLanes& lanes, const CalibrationResults& results,
                     const BlockWeights& weights);

  /// Asks for the statistics of a step. To be called before gather().
  void want(const MissingOutcome& outcome, const NeedyStep& needy);
  /// passes: lanes that leave the block untouched have passed it then.
  void gather(bool passes);

  /// The fault of the inputs there; empty: they are finite.
  std::string problem(const CalibrationPlace& place) const;
  const InputStatisticsPtr& statistics(const CalibrationPlace& place, Role role) const;
  /// Knowledge for a need of a weight's chain. A replay has the linears before the role as the
  /// reference trial has them, until the next one is asked for.
  StepKnowledge knowledge(const ModelTrial& trial, const ChainNeed& need, Role role);

 private:
  struct Source {
    CalibrationLanes* lanes = nullptr;
    CalibrationLanes::Group group{};
    PackedLinears packed{};  ///< as the block is run for it, until it is gathered
    std::unique_ptr<InputGatherer> gatherer{};
    PackedLinears made{};  ///< of the trial that replays
    std::unique_ptr<BlockReplay> replay{};
  };
  CalibrationPlace place_of(std::size_t trial, const StepCalibration& calibration, Role role) const;
  std::size_t number_of(const ModelTrial& trial) const;
  PackedWeight made_weight(std::size_t trial, Role role);
  const SublayerReplay* replay(Source& source, std::size_t trial, Role role);

  const Decoder& decoder_;
  const CalibrationPlan& plan_;
  const CalibrationSetLanes& lanes_;
  const CalibrationResults& results_;
  const BlockWeights& weights_;
  std::map<CalibrationPlace, Source> sources_;
  /// Weights that the last trial has of its own: all trials' would be a block's for each.
  std::map<Role, PackedWeight> made_;
  std::size_t made_of_ = 0;
};

/// The leaders by the lanes of a pass, which must outlive it.
LeaderOf leaders_of(const CalibrationPlan& plan, const CalibrationSetLanes& lanes);

}  // namespace nf
