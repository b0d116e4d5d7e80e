#pragma once

/// Runs one stage: the baseline and all lanes of a stage go through the model together, one block's
/// weights at a time, and meet at the head, where every lane is compared with the baseline chunk by
/// chunk.

#include <functional>
#include <string>
#include <vector>

#include "core/model/decoder.h"
#include "eval/data/windows.h"
#include "eval/experiment/experiment.h"
#include "eval/run/model_trial.h"
#include "eval/run/record.h"
#include "eval/run/stage.h"

namespace nf {

/// A trial's part in a stage.
struct Lane {
  const ModelTrial* trial = nullptr;
  bool weight_stats =
      false;  ///< gather the statistics of distorted weights (they are the same in every stage)
};

/// What a lane has to show for a stage.
struct LaneResult {
  std::string error;  ///< where and how the arithmetic failed; empty: it did not
  std::vector<WindowSums> windows;
  std::vector<SiteStats> sites;
};

/// Thrown out of a stage when the user asks to stop; nothing of the stage counts.
class Interrupted : public Error {
 public:
  Interrupted() : Error(ExitCode::interrupted, "interrupted") {}
};

/// What a stage tells and asks while it runs; called from all threads.
struct StageHooks {
  std::function<void(double flops)> advance = [](double) {};
  std::function<bool()> should_stop = [] { return false; };
};

struct StageResult {
  LaneResult baseline;
  std::vector<LaneResult> lanes;
};

/// `decoder` must be prepared for the windows' context. Throws NumericError when the baseline
/// itself leaves the finite numbers, DataError for bad weights, Interrupted.
StageResult run_stage(const Decoder& decoder, const TokenWindows& windows, Stage stage,
                      const std::vector<Lane>& lanes, StatsMode stats, const StageHooks& hooks);

}  // namespace nf
