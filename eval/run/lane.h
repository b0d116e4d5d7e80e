#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "eval/experiment/stats_mode.h"
#include "eval/metrics/detail.h"
#include "eval/metrics/part_sums.h"
#include "eval/plan/model_trial.h"
#include "eval/records/site_stats.h"
#include "eval/records/trial_profile.h"

namespace nf {

class PredictorProbe;

/// A trial's part in a stage.
struct Lane {
  const ModelTrial* trial = nullptr;
  /// Gather what is the same in every stage: the statistics of distorted weights, and the sums of
  /// predictors.
  bool weight_stats = false;
  /// Windows of the stage whose values are to be seen (`profile:`), ascending.
  std::vector<Index> profiled{};
};

/// The outcome of a stage for one lane.
struct LaneResult {
  /// Place and cause of the failure of arithmetic, of the first item that has one; empty: none
  /// failed.
  std::string error;
  std::vector<std::vector<PartSums>>
      items;  ///< by item of the stage and part; empty after an error
  std::vector<SiteStats> sites;
  ProfileParts profile{};  ///< of the windows that were asked for; empty after an error
};

/// Thrown out of a stage when the user asks to stop; nothing of the wave counts.
class Interrupted : public Error {
 public:
  Interrupted() : Error(ExitCode::interrupted, "interrupted") {}
};

/// The statistics and details that are gathered beside the sums.
struct Gather {
  Gather() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): most ask for statistics alone
  Gather(StatsMode stats_mode, DetailMode detail_mode = DetailMode::none,
         PredictorProbe* predictor_probe = nullptr)
      : stats(stats_mode), detail(detail_mode), predictors(predictor_probe) {}
  StatsMode stats = StatsMode::weights;  ///< of δ
  DetailMode detail = DetailMode::none;  ///< of tokens
  /// Measures what predictors need, where weights are measured; null: nobody asks.
  PredictorProbe* predictors = nullptr;
  /// Lane::profiled of the baseline, where it passes the blocks for its own sake.
  std::vector<Index> baseline_profiled{};
};

/// Calls by which a stage tells and asks while it runs; made from all threads.
struct StageHooks {
  std::function<void(double flops)> advance = [](double) {};
  std::function<bool()> should_stop = [] { return false; };
  /// The stage's first wave is finished: the baseline's outcome, told before that of its lanes.
  std::function<void(LaneResult baseline)> baseline_done = [](const LaneResult&) {};
  /// A wave is finished: lanes [first, first + results.size()) of the stage's.
  std::function<void(std::size_t first, std::vector<LaneResult> results)> lanes_done =
      [](std::size_t, const std::vector<LaneResult>&) {};

  /// Calls body(0) ... body(count - 1), shared out among threads, with a look at should_stop before
  /// each: throws Interrupted.
  void share(Index count, const std::function<void(Index)>& body) const;
};

}  // namespace nf
