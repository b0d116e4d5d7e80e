#pragma once

#include <cmath>
#include <functional>
#include <limits>
#include <span>
#include <vector>

#include "eval/plan/lane_tree.h"
#include "eval/plan/memory.h"
#include "eval/plan/model_plan.h"
#include "eval/plan/stage.h"
#include "eval/plan/wave_cost.h"

namespace nf {

/// The baseline and some jobs as a tree; job i is lane i + 1.
LaneTree job_tree(const DecoderSpec& spec, std::span<const Job* const> jobs);
/// Passes of all groups through all blocks, the baseline's among them.
Index block_passes(const LaneTree& tree);

/// The seconds that a wave of some jobs is likely to take on this machine. baseline_kept: its
/// inputs of the head are still there.
using WaveSeconds = std::function<double(const Stage& stage, const std::vector<const Job*>& jobs,
                                         bool baseline_kept)>;

/// The time that a wave may take.
struct WaveTime {
  double seconds = std::numeric_limits<double>::infinity();
  WaveSeconds seconds_of{};    ///< empty: not known
  bool baseline_kept = false;  ///< the first wave need not make the baseline

  bool is_limited() const { return seconds_of && std::isfinite(seconds); }
};

/// Cuts some jobs of a stage into waves within the budget and about within the time, for
/// thread_count() threads, and puts the jobs into the order of the waves: those with most in common
/// stand side by side. waves: as of plan_waves().
WavePlan cut_waves(const ModelPlan& model, const Stage& stage, std::vector<const Job*>& jobs,
                   const MemoryBudget& budget, const WaveTime& time = {}, Index waves = 0);

/// The cost of some jobs in one stage, in the waves of `plan`. baseline_kept: the baseline's inputs
/// of the head are still there. kinds, measures_weights: those of wave_cost() and Wave.
WaveCost stage_cost(const ModelPlan& model, const Stage& stage, const std::vector<const Job*>& jobs,
                    const WavePlan& plan, bool baseline_kept, const StoredBytes& stored,
                    DistortionKinds* kinds = nullptr, bool measures_weights = true);

}  // namespace nf
