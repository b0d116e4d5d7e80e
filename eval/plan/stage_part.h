#pragma once

#include <limits>
#include <vector>

#include "eval/plan/job_waves.h"
#include "eval/plan/model_plan.h"

namespace nf {

/// A run's rule for keeping its work from time to time. No result depends on it.
struct SaveRule {
  /// The work between two points at which all is recorded, about. Infinite: work is not cut.
  double seconds = std::numeric_limits<double>::infinity();
  bool at_any_cost = false;  ///< else the seconds are as many more as kSaveShare asks for
  WaveSeconds seconds_of{};  ///< empty: nothing is cut
};

/// Share of a stage's work that cutting it may cost: each wave reads the weights, and each part
/// distorts them, once more.
inline constexpr double kSaveShare = 0.02;
/// Some items of a stage, and what is left to do with them.
struct StagePart {
  Stage stage;
  std::vector<const Job*> jobs{};
  bool with_baseline = false;  ///< its own record is missing
  Stage floor{};               ///< the floor's windows of the part; empty: it is not to run
  double wave_seconds = std::numeric_limits<double>::infinity();  ///< of a wave, at most

  bool without_floor() const { return jobs.empty() && !with_baseline; }
  bool empty() const { return without_floor() && floor.items.empty(); }
};

/// Some jobs' work, the baseline's and the floor's in one part of a stage.
StagePart work_in(const ModelPlan& model, Stage part, const std::vector<const Job*>& jobs,
                  const FinishedItems& finished);

/// The seconds of each wave of `waves`, one after the other.
std::vector<double> seconds_of_waves(const Stage& stage, const std::vector<const Job*>& jobs,
                                     const WavePlan& waves, bool baseline_kept,
                                     const WaveSeconds& seconds_of);

/// Cuts what is left of a stage into parts such that waves end as the rule asks: of the ways to do
/// it, by lanes or by items, the one that costs least time. Items that a part of the jobs has
/// finished are parts of their own, so that nothing is run twice.
std::vector<StagePart> plan_parts(const ModelPlan& model, const Stage& stage,
                                  const std::vector<const Job*>& jobs,
                                  const FinishedItems& finished, bool baseline_kept,
                                  const MemoryBudget& budget, const SaveRule& rule);

}  // namespace nf
