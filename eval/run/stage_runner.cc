#include "eval/run/stage_runner.h"

#include <numeric>

#include "core/base/check.h"
#include "eval/run/wave_run.h"

namespace nf {

void run_stage(const Decoder& decoder, const EvalSet& set, const Stage& stage,
               const std::vector<Lane>& lanes, const WavePlan& plan, Gather gather,
               const StageHooks& hooks, BaselineRows& baseline_rows,
               const CalibrationResults* calibration) {
  const Index planned = std::accumulate(plan.lanes.begin(), plan.lanes.end(), Index{0});
  NF_CHECK(planned == std::ssize(lanes), "waves of {} lanes for {}", planned, lanes.size());
  const StageRows rows(set, stage);
  const StageRun run{decoder, set, stage, rows, gather, hooks, calibration};
  std::size_t first = 0;
  for (std::size_t w = 0; w < plan.lanes.size(); ++w) {
    const auto count = static_cast<std::size_t>(plan.lanes[w]);
    WaveRun wave(run, std::span(lanes).subspan(first, count), plan.distorting_threads,
                 baseline_rows);
    wave.run();
    std::vector<LaneResult> results = wave.take_lanes();
    LaneResult baseline = wave.take_baseline();
    if (w == 0) hooks.baseline_done(std::move(baseline));
    hooks.lanes_done(first, std::move(results));
    first += count;
  }
}

void run_stage(const Decoder& decoder, const EvalSet& set, const Stage& stage,
               const std::vector<Lane>& lanes, const WavePlan& plan, Gather gather,
               const StageHooks& hooks, const CalibrationResults* calibration) {
  BaselineRows baseline_rows;
  run_stage(decoder, set, stage, lanes, plan, gather, hooks, baseline_rows, calibration);
}

}  // namespace nf
