#include "eval/run/calibrate_jobs.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/base/parallel.h"
#include "core/base/version.h"
#include "core/io/mapped_ranges.h"
#include "eval/plan/calibration_memory.h"
#include "eval/plan/input_watch.h"
#include "eval/run/calibration_pass.h"

namespace nf {

CalibrationResults calibration_results(const std::filesystem::path& dir, const ModelPlan& plan,
                                       const Json& env, CalibrationResults::Warn warn) {
  Json identity = {
      {"model", plan.identity().model_hash}, {"numerics", kNumericsVersion}, {"env", env}};
  if (!plan.shape().is_nothing()) identity["reshape"] = reshape_identity(plan.shape());
  return {dir, identity.dump(), std::move(warn)};
}

void calibrate_jobs(const ModelPlan& plan, const Decoder& decoder,
                    const std::vector<const Job*>& jobs, const MemoryBudget& budget,
                    CalibrationResults& results, const std::function<bool()>& should_stop,
                    Progress& progress, const MakingFlops& making) {
  std::vector<CalibratedTrial> trials;
  for (const Job* job : jobs)
    if (job->trial.is_calibrated()) trials.push_back({&job->trial, &job->path});
  const InputWatch watch = watch_of(plan, jobs);
  for (const CalibratedTrial& trial : watch.trials()) trials.push_back(trial);
  if (trials.empty()) return;
  const HasOutcome has = [&results](const Site& site, const ChainKey& key) {
    return results.has(site, key);
  };
  const CalibrationPlan missing(plan.spec(), trials, has);
  const CalibrationCost cost = calibration_cost(plan.spec(), missing);
  if (cost.outcomes == 0) return;
  const StageHooks hooks{.advance = [&progress](double flops) { progress.advance(flops); },
                         .should_stop = should_stop};
  const double making_flops = making ? making(plan.spec(), missing) : 0.0;
  progress.start(fmt::format("{}: calibration", plan.title()), cost.flops() + making_flops, 0.0);
  for (const CalibrationWave& wave :
       cut_calibration(plan.spec(), trials, has, thread_count(), budget)) {
    // What earlier waves have made is there by now.
    const CalibrationPlan pass(plan.spec(), wave.trials, has);
    run_calibration(decoder, pass, results, wave.distorting_threads, hooks,
                    making_flops / std::max(cost.made_weights, 1.0));
    check_mapped_files();  // or weights would be kept of a model that nobody knows
  }
  progress.finish();
}

Index calibration_positions(const ModelPlan& plan, const std::vector<const Job*>& jobs) {
  std::vector<CalibratedTrial> trials;
  for (const Job* job : jobs) trials.push_back({&job->trial, &job->path});
  const CalibrationPlan missing(plan.spec(), trials,
                                [](const Site&, const ChainKey&) { return false; });
  std::vector<CalibratedSet> sets = missing.sets();
  if (plan.predictor_set() != nullptr) sets.push_back({.set = plan.predictor_set()});
  Index positions = 0;
  for (const CalibratedSet& set : sets)
    for (const EvalItem& item : set.set->items)
      positions = std::max(positions, item.layout.positions());
  return positions;
}

}  // namespace nf
