#include "eval/run/model_runner.h"

#include <chrono>

#include "core/base/cpu_info.h"
#include "core/base/parallel.h"
#include "core/base/version.h"
#include "core/io/mapped_ranges.h"
#include "eval/plan/stop_rule.h"
#include "eval/results/result_lines.h"
#include "eval/run/lane_record.h"

namespace nf {

ModelRunner::ModelRunner(const RunContext& run, ModelPlan& plan, const Decoder& decoder)
    : run_(run),
      plan_(plan),
      decoder_(decoder),
      finished_(plan.data(), run.folder.records()),
      baselines_(plan.stages().size()) {}

void ModelRunner::run(const std::function<void()>& searches_moved) {
  std::vector<Job> steps = plan_.advance_searches(finished_, run_.folder.records());
  run_round(plan_.jobs_with(steps), plan_.name());
  for (Index round = 2; plan_.has_searches(); ++round) {
    steps = plan_.advance_searches(finished_, run_.folder.records());
    if (steps.empty()) return;
    searches_moved();
    std::vector<const Job*> jobs;
    for (const Job& step : steps) jobs.push_back(&step);
    run_round(jobs, fmt::format("{}, step {} of {} searches", plan_.name(), round, steps.size()));
  }
}

void ModelRunner::run_round(const std::vector<const Job*>& jobs, const std::string& label) {
  double total = 0.0;
  for (std::size_t s = 0; s < plan_.stages().size(); ++s) {
    const Stage& stage = plan_.stages()[s];
    const StageWork work = work_of(stage, jobs);
    if (!work.empty())
      total += stage_cost(plan_, stage, work.jobs, work.waves, !baselines_[s].empty(), {}).flops();
  }
  if (total == 0.0) return;
  run_.progress.start(label, total, 0.0);
  for (std::size_t s = 0; s < plan_.stages().size(); ++s) {
    // A trial may have stopped, or failed, since the round began.
    const StageWork work = work_of(plan_.stages()[s], jobs);
    if (!work.empty()) run_stage_of(s, work);
  }
  run_.progress.finish();
}

MemoryBudget ModelRunner::budget() const {
  MemoryBudget budget = run_.budget;
  budget.process_bytes += baseline_bytes_;
  return budget;
}

ModelRunner::StageWork ModelRunner::work_of(const Stage& stage,
                                            const std::vector<const Job*>& jobs) const {
  StageWork work;
  for (const Job* job : jobs)
    if (!finished_.has(job->key.id, stage)) work.jobs.push_back(job);
  // The baseline has nothing left to be compared with where all trials have stopped.
  work.with_baseline = !finished_.has(plan_.baseline().id, stage) &&
                       (!work.jobs.empty() || !plan_.all_stopped(finished_, stage));
  if (work.empty()) return work;
  work.waves = cut_waves(plan_, stage, work.jobs, budget());
  return work;
}

void ModelRunner::stop_if_asked() const {
  if (run_.options.should_stop()) throw Interrupted();
}

void ModelRunner::run_stage_of(std::size_t s, const StageWork& work) {
  stop_if_asked();
  const Stage& stage = plan_.stages()[s];
  std::vector<Lane> lanes;
  for (const Job* job : work.jobs)
    lanes.push_back({.trial = &job->trial, .weight_stats = !finished_.has_weights(job->key.id)});
  cost_ += stage_cost(plan_, stage, work.jobs, work.waves, !baselines_[s].empty(), {});
  auto start = std::chrono::steady_clock::now();
  const auto describe = [&](Index lanes_together) {
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    return Json{{"seconds", seconds.count()}, {"lanes", lanes_together},
                {"threads", thread_count()},  {"finished", utc_time()},
                {"version", version()},       {"git", git_hash()}};
  };
  const auto baseline_done = [&](LaneResult result) {
    check_mapped_files();  // or records would be of weights that nobody knows
    if (work.with_baseline)
      append(plan_.baseline(), stage, std::move(result), describe(work.waves.lanes.front() + 1));
  };
  const auto lanes_done = [&](std::size_t first, std::vector<LaneResult> results) {
    check_mapped_files();
    const Json run = describe(std::ssize(results) + 1);
    for (std::size_t i = 0; i < results.size(); ++i) {
      const Job& job = *work.jobs[first + i];
      append(job.key, stage, std::move(results[i]), run, job.stop);
    }
    stop_if_asked();
    start = std::chrono::steady_clock::now();
  };
  const StageHooks hooks{.advance = [&](double flops) { run_.progress.advance(flops); },
                         .baseline_done = baseline_done,
                         .lanes_done = lanes_done};
  Matrix scored = std::move(baselines_[s]);
  baseline_bytes_ -= sizeof(float) * static_cast<double>(scored.size());
  const ExperimentConfig& config = run_.experiment.config;
  run_stage(decoder_, plan_.data().set, stage, lanes, work.waves, {config.stats, config.detail},
            hooks, scored);
  if (plan_.has_searches()) keep_baseline(s, std::move(scored));
}

void ModelRunner::keep_baseline(std::size_t stage, Matrix scored) {
  const double bytes = sizeof(float) * static_cast<double>(scored.size());
  if (baseline_bytes_ + bytes > kKeptShare * run_.budget.bytes) return;
  baseline_bytes_ += bytes;
  baselines_[stage] = std::move(scored);
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
    const auto here = static_cast<std::size_t>(&stage - plan_.stages().data());
    record.stop = look(*stop, plan_.data().set, std::span(plan_.stages()).first(here + 1),
                       finished_.windows(record.id));
    finished_.note(record);
  }
  run_.folder.append(std::move(record), run_.experiment.kinds->metrics);
}

}  // namespace nf
