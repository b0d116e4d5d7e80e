#include "eval/run/model_runner.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/base/check.h"
#include "core/base/counted.h"
#include "core/base/cpu_info.h"
#include "core/base/parallel.h"
#include "core/base/version.h"
#include "core/io/mapped_ranges.h"
#include "eval/plan/job_waves.h"
#include "eval/plan/stop_rule.h"
#include "eval/records/file_names.h"
#include "eval/results/result_lines.h"
#include "eval/run/calibrate_jobs.h"
#include "eval/run/lane_record.h"

namespace nf {

ModelRunner::ModelRunner(const RunContext& run, ModelPlan& plan, const Decoder& decoder,
                         const SaveRule& rule, MakingFlops making)
    : run_(run),
      plan_(plan),
      decoder_(decoder),
      rule_(rule),
      making_(std::move(making)),
      finished_(plan.data(), run.folder.records()),
      baselines_(plan.data().set, kKeptShare * run.budget.bytes),
      calibration_(calibration_results(
          run.folder.dir() / kCalibrationDir, plan, run.env,
          [&run](const std::string& warning) { run.progress.message(warning); })),
      profiles_(run, plan) {
  if (run.experiment.config.predict.records)
    predictors_.emplace(decoder, plan.predictor_set(), calibration_);
  if (rule.seconds_of)
    rule_.seconds_of = [this, timed = rule.seconds_of](const Stage& stage,
                                                       const std::vector<const Job*>& jobs,
                                                       bool baseline_kept) {
      return pace_.factor() * timed(stage, jobs, baseline_kept);
    };
}

void ModelRunner::run(const std::function<void()>& searches_moved) {
  std::vector<Job> steps = plan_.advance_searches(finished_, run_.folder.records());
  run_round(plan_.jobs_with(steps), plan_.title());
  for (Index round = 2; plan_.has_searches(); ++round) {
    steps = plan_.advance_searches(finished_, run_.folder.records());
    if (steps.empty()) return;
    searches_moved();
    std::vector<const Job*> jobs;
    for (const Job& step : steps) jobs.push_back(&step);
    run_round(jobs, fmt::format("{}, step {} of {}", plan_.title(), round,
                                counted(std::ssize(steps), "search", "searches")));
  }
}

void ModelRunner::calibrate(const std::vector<const Job*>& jobs) {
  std::vector<const Job*> left;
  for (const Job* job : jobs)
    if (!finished_.has(job->key.id, plan_.items())) left.push_back(job);
  calibrate_jobs(plan_, decoder_, left, budget(), calibration_, run_.options.should_stop,
                 run_.progress, making_);
}

void ModelRunner::run_round(const std::vector<const Job*>& jobs, const std::string& label) {
  calibrate(jobs);
  double total = 0.0;
  for (const Stage& stage : plan_.stages())
    for (const StagePart& part : parts_of(stage, jobs)) total += flops_of(part);
  if (total == 0.0) return;
  run_.progress.start(label, total, 0.0);
  for (const Stage& stage : plan_.stages())
    for (const StagePart& part : parts_of(stage, jobs)) run_part(part);
  run_.progress.finish();
}

MemoryBudget ModelRunner::budget() const {
  MemoryBudget budget = run_.budget;
  budget.process_bytes += baselines_.bytes();
  return budget;
}

std::vector<StagePart> ModelRunner::parts_of(const Stage& stage,
                                             const std::vector<const Job*>& jobs) const {
  return plan_parts(plan_, stage, jobs, finished_, baselines_.has(stage), budget(), rule_);
}

/// The operations of a part, as it is planned now.
double ModelRunner::flops_of(const StagePart& part) const {
  const bool kept = baselines_.has(part.stage);
  const auto flops = [&](const Stage& stage, std::vector<const Job*> jobs, bool baseline_kept) {
    const WavePlan waves =
        cut_waves(plan_, stage, jobs, budget(), wave_time(part.wave_seconds, baseline_kept));
    return stage_cost(plan_, stage, jobs, waves, baseline_kept, {}).flops();
  };
  double total = part.without_floor() ? 0.0 : flops(part.stage, part.jobs, kept);
  if (!part.floor.items.empty())
    total += flops(part.floor, {plan_.floor()}, kept || !part.without_floor());
  return total;
}

WaveTime ModelRunner::wave_time(double seconds, bool baseline_kept) const {
  return {.seconds = seconds, .seconds_of = rule_.seconds_of, .baseline_kept = baseline_kept};
}

void ModelRunner::stop_if_asked() const {
  if (run_.options.should_stop()) throw Interrupted();
}

/// Whoever has begun nothing yet tries, for a later run would have no more time than this one.
void ModelRunner::stop_without_time(const Stage& stage, const std::vector<const Job*>& jobs,
                                    bool baseline_kept) const {
  if (!has_recorded_ || !rule_.seconds_of) return;
  if (rule_.seconds_of(stage, jobs, baseline_kept) > run_.options.seconds_left())
    throw Interrupted();
}

void ModelRunner::run_part(const StagePart& planned) {
  // A trial may have stopped, or failed, since the parts were planned.
  StagePart part = work_in(plan_, planned.stage, planned.jobs, finished_);
  part.wave_seconds = planned.wave_seconds;
  BaselineRows rows = baselines_.take(part.stage);
  if (!part.without_floor()) run_lanes(part, rows);
  BaselineRows of_floor = part_of_rows(rows, plan_.data().set, part.stage, part.floor);
  if (plan_.has_searches()) baselines_.keep(part.stage, rows);
  rows = {};
  if (part.floor.items.empty()) return;
  // By itself, on fewer windows than the trials: these do not wait for one another's.
  const StagePart floor{.stage = part.floor, .jobs = {plan_.floor()}};
  run_lanes(floor, of_floor);
}

/// The jobs, and the baseline where it is wanted, of a part: recorded wave by wave. How many lanes
/// a wave has is decided when it begins, for the run knows its pace better by then.
void ModelRunner::run_lanes(const StagePart& part, BaselineRows& baseline_rows) {
  std::vector<const Job*> left = part.jobs;
  bool with_baseline = part.with_baseline;
  do {
    stop_if_asked();
    const double seconds = std::min(part.wave_seconds, run_.options.seconds_left());
    const WavePlan wave = cut_waves(plan_, part.stage, left, budget(),
                                    wave_time(seconds, !baseline_rows.empty()), /*waves=*/1);
    const auto end = left.begin() + wave.lanes.front();
    stop_without_time(part.stage, {left.begin(), end}, !baseline_rows.empty());
    run_wave(part.stage, {left.begin(), end}, with_baseline, wave, baseline_rows);
    left.erase(left.begin(), end);
    with_baseline = false;
  } while (!left.empty());
}

void ModelRunner::run_wave(const Stage& stage, const std::vector<const Job*>& jobs,
                           bool with_baseline, const WavePlan& wave, BaselineRows& baseline_rows) {
  std::vector<Lane> lanes;
  for (const Job* job : jobs)
    lanes.push_back({.trial = &job->trial,
                     .weight_stats = !finished_.has_weights(job->key.id),
                     .profiled = profiles_.lacking(job->key, stage)});
  const bool baseline_kept = !baseline_rows.empty();
  cost_ += stage_cost(plan_, stage, jobs, wave, baseline_kept, {});
  const double expected =
      rule_.seconds_of ? rule_.seconds_of(stage, jobs, baseline_kept) / pace_.factor() : 0.0;
  const auto start = std::chrono::steady_clock::now();
  const auto seconds = [start] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  const auto describe = [&] {
    return Json{{"seconds", seconds()},      {"lanes", std::ssize(jobs) + 1},
                {"threads", thread_count()}, {"finished", utc_time()},
                {"version", version()},      {"git", git_hash()}};
  };
  const auto baseline_done = [&](LaneResult result) {
    check_mapped_files();  // or records would be of weights that nobody knows
    if (plan_.has_own_shape()) profiles_.add(plan_.baseline(), std::move(result.profile));
    if (with_baseline) append(plan_.baseline(), stage, std::move(result), describe());
  };
  const auto lanes_done = [&](std::size_t, std::vector<LaneResult> results) {
    check_mapped_files();
    const Json run = describe();
    for (std::size_t i = 0; i < results.size(); ++i) {
      profiles_.add(jobs[i]->key, std::move(results[i].profile));
      append(jobs[i]->key, stage, std::move(results[i]), run, jobs[i]->stop);
    }
  };
  const auto advance = [&](double flops) {
    run_.progress.advance(flops);
    run_.options.advance(flops);
  };
  const StageHooks hooks{
      .advance = advance, .baseline_done = baseline_done, .lanes_done = lanes_done};
  const ExperimentConfig& config = run_.experiment.config;
  Gather gather(config.stats, config.detail, predictors_ ? &*predictors_ : nullptr);
  // The baseline is that of the experiment's own shape.
  if (plan_.has_own_shape()) gather.baseline_profiled = profiles_.lacking(plan_.baseline(), stage);
  run_stage(decoder_, plan_.data().set, stage, lanes, wave, gather, hooks, baseline_rows,
            &calibration_);
  pace_.note(expected, seconds());
}

/// The stages that a trial with a stopping rule has seen when it has this one's text: it is one of
/// the plan's, which are not split for such a trial.
std::span<const Stage> ModelRunner::stages_up_to(const Stage& stage) const {
  const std::vector<Stage>& all = plan_.stages();
  const auto here = std::find_if(all.begin(), all.end(), [&stage](const Stage& each) {
    return each.items.back() == stage.items.back() && each.items == stage.items;
  });
  NF_CHECK(here != all.end(), "a part of {} items for a stopping rule", stage.count());
  return std::span(all).first(static_cast<std::size_t>(here - all.begin()) + 1);
}

void ModelRunner::append(const RowKey& key, const Stage& stage, LaneResult result, const Json& run,
                         const std::optional<StopConfig>& stop) {
  Record record = lane_record(key, plan_.data(), stage, std::move(result));
  record.env = run_.env;
  record.run = run;
  if (record.failed()) {
    run_.progress.message(
        fmt::format("warning: {}: {}: failed: {}", key.model, condition_text(key), record.error));
    record.run["items"] = stage.items;  // nothing else in it says what it was running
  }
  finished_.note(record);
  if (stop && !record.failed() && !record.windows.empty()) {
    record.stop = look(*stop, plan_.data().set, stages_up_to(stage), finished_.windows(record.id));
    finished_.note(record);
  }
  run_.folder.append(std::move(record), run_.experiment.kinds->metrics);
  has_recorded_ = true;
}

}  // namespace nf
