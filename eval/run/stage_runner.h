#pragma once

/// Runs one stage: the baseline and the lanes of one wave after the other go through the model
/// together, one block's weights at a time, and meet at the head, where every lane is compared with
/// the baseline chunk by chunk.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/model/decoder.h"
#include "eval/data/eval_set.h"
#include "eval/experiment/experiment.h"
#include "eval/plan/memory.h"
#include "eval/plan/model_trial.h"
#include "eval/plan/stage.h"
#include "eval/records/record.h"

namespace nf {

/// A trial's part in a stage.
struct Lane {
  const ModelTrial* trial = nullptr;
  bool weight_stats =
      false;  ///< gather the statistics of distorted weights (they are the same in every stage)
};

/// What a lane has to show for a stage.
struct LaneResult {
  /// Where and how the arithmetic failed, of the first item that does; empty: it did not.
  std::string error;
  std::vector<std::vector<PartSums>>
      items;  ///< by item of the stage and part; empty after an error
  std::vector<SiteStats> sites;
};

/// Thrown out of a stage when the user asks to stop; nothing of the wave counts.
class Interrupted : public Error {
 public:
  Interrupted() : Error(ExitCode::interrupted, "interrupted") {}
};

/// What is gathered beside the sums.
struct Gather {
  Gather() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): most ask for statistics alone
  Gather(StatsMode stats_mode, DetailMode detail_mode = DetailMode::none)
      : stats(stats_mode), detail(detail_mode) {}
  StatsMode stats = StatsMode::weights;  ///< of δ
  DetailMode detail = DetailMode::none;  ///< of tokens
};

/// What a stage tells and asks while it runs; called from all threads.
struct StageHooks {
  std::function<void(double flops)> advance = [](double) {};
  std::function<bool()> should_stop = [] { return false; };
  /// The stage's first wave is finished: what the baseline has to show. Told before its lanes are.
  std::function<void(LaneResult baseline)> baseline_done = [](const LaneResult&) {};
  /// A wave is finished: lanes [first, first + results.size()) of the stage's.
  std::function<void(std::size_t first, std::vector<LaneResult> results)> lanes_done =
      [](std::size_t, const std::vector<LaneResult>&) {};

  /// Calls body(0) ... body(count - 1), shared out among threads, with a look at should_stop before
  /// each: throws Interrupted.
  void share(Index count, const std::function<void(Index)>& body) const;
};

/// Runs the lanes of a stage in the waves of `plan` (whose trials they are, in their order). Within
/// a wave lanes share what they have in common (LaneTree). baseline_scored: what the head reads of
/// the baseline, [R, E]; where it is not empty (of an earlier call for the same stage) the baseline
/// does not pass the blocks for its own sake; filled otherwise. `decoder` must be prepared for all
/// positions. Throws NumericError when the baseline itself leaves the finite numbers, DataError for
/// bad weights, Interrupted.
void run_stage(const Decoder& decoder, const EvalSet& set, const Stage& stage,
               const std::vector<Lane>& lanes, const WavePlan& plan, Gather gather,
               const StageHooks& hooks, Matrix& baseline_scored);
void run_stage(const Decoder& decoder, const EvalSet& set, const Stage& stage,
               const std::vector<Lane>& lanes, const WavePlan& plan, Gather gather,
               const StageHooks& hooks);

}  // namespace nf
