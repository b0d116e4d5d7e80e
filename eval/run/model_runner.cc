#include "eval/run/model_runner.h"

#include <algorithm>
#include <chrono>

#include "core/base/cpu_info.h"
#include "core/base/parallel.h"
#include "core/base/version.h"
#include "core/io/mapped_ranges.h"
#include "eval/plan/stop_rule.h"
#include "eval/results/result_lines.h"
#include "eval/run/lane_record.h"

namespace nf {
namespace {

/// The baseline's inputs of the head for a part of a stage's items: rows go by item. Empty where
/// scored, those of the stage, is.
Matrix scored_part(const Matrix& scored, const EvalSet& set, const Stage& stage,
                   const Stage& part) {
  if (scored.empty() || part.items.empty()) return {};
  Index rows = 0;
  for (const Index item : part.items) rows += scored_rows(set.item(item));
  Matrix result(rows, scored.cols());
  Index from = 0, to = 0;
  auto next = part.items.begin();
  for (const Index item : stage.items) {
    const Index count = scored_rows(set.item(item));
    if (next != part.items.end() && *next == item) {
      std::copy_n(scored.view().row(from), count * scored.cols(), result.view().row(to));
      to += count;
      ++next;
    }
    from += count;
  }
  return result;
}

}  // namespace

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
    const bool kept = !baselines_[s].empty();
    if (!work.without_floor())
      total += stage_cost(plan_, stage, work.jobs, work.waves, kept, {}).flops();
    if (work.floor.items.empty()) continue;
    std::vector<const Job*> floor = {plan_.floor()};
    const WavePlan waves = cut_waves(plan_, work.floor, floor, budget());
    total += stage_cost(plan_, work.floor, floor, waves, kept || !work.without_floor(), {}).flops();
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
  work.floor = floor_left(plan_, stage, finished_);
  if (!work.without_floor()) work.waves = cut_waves(plan_, stage, work.jobs, budget());
  return work;
}

void ModelRunner::stop_if_asked() const {
  if (run_.options.should_stop()) throw Interrupted();
}

void ModelRunner::run_stage_of(std::size_t s, const StageWork& work) {
  stop_if_asked();
  const Stage& stage = plan_.stages()[s];
  Matrix scored = std::move(baselines_[s]);
  baseline_bytes_ -= sizeof(float) * static_cast<double>(scored.size());
  if (!work.without_floor()) run_lanes(stage, work, scored);
  Matrix of_floor = scored_part(scored, plan_.data().set, stage, work.floor);
  if (plan_.has_searches() && !scored.empty()) keep_baseline(s, std::move(scored));
  scored = {};
  if (!work.floor.items.empty()) run_floor(work.floor, std::move(of_floor));
}

/// Runs by itself, on fewer windows than the trials: these do not wait for one another's.
void ModelRunner::run_floor(const Stage& stage, Matrix baseline_scored) {
  StageWork work{.jobs = {plan_.floor()}};
  work.waves = cut_waves(plan_, stage, work.jobs, budget());
  run_lanes(stage, work, baseline_scored);
}

/// The jobs, and the baseline where it is wanted, of some items, recorded wave by wave.
void ModelRunner::run_lanes(const Stage& stage, const StageWork& work, Matrix& baseline_scored) {
  std::vector<Lane> lanes;
  for (const Job* job : work.jobs)
    lanes.push_back({.trial = &job->trial, .weight_stats = !finished_.has_weights(job->key.id)});
  cost_ += stage_cost(plan_, stage, work.jobs, work.waves, !baseline_scored.empty(), {});
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
  const ExperimentConfig& config = run_.experiment.config;
  run_stage(decoder_, plan_.data().set, stage, lanes, work.waves, {config.stats, config.detail},
            hooks, baseline_scored);
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
