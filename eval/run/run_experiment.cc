#include "eval/run/run_experiment.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>

#include "core/base/check.h"
#include "core/base/cpu_info.h"
#include "core/base/parallel.h"
#include "core/base/version.h"
#include "core/config/yaml_writer.h"
#include "core/io/content_hash.h"
#include "core/ops/gemm.h"
#include "eval/run/memory.h"
#include "eval/run/model_data.h"
#include "eval/run/run_folder.h"
#include "eval/run/stage_runner.h"
#include "eval/tasks/task_questions.h"

namespace nf {
namespace {

/// A trial on one model, with its place in the results.
struct Job {
  ModelTrial trial;
  RowKey key;
};

/// One model's part of the experiment.
struct ModelPlan {
  const ExperimentModel* model = nullptr;
  ModelData data;
  ModelIdentity identity{};
  std::vector<Job> jobs{};     ///< distinct ids only
  std::vector<RowKey> rows{};  ///< baseline first, then every trial of the experiment
  std::vector<Stage> stages{};
  std::map<std::string, std::set<Index>> done{};  ///< items by id, from earlier runs

  const DecoderSpec& spec() const { return model->decoder.spec(); }
};

ModelPlan plan_model(const Experiment& experiment, const ExperimentModel& model) {
  ModelPlan plan{.model = &model, .data = read_model_data(experiment.config, model)};
  plan.identity = {model.name, model.decoder.checkpoint().content_hash(), plan.data.hash};
  const auto id = [&](const Json& what, std::optional<std::uint64_t> seed) {
    return trial_id(plan.identity.model_hash, plan.identity.data_hash, what, seed);
  };
  plan.rows.push_back(
      {.id = id("baseline", std::nullopt), .name = "baseline", .model = model.name});
  std::set<std::string> seen;
  for (const Trial& trial : model.trials) {
    ModelTrial model_trial(trial, model.decoder.spec());
    const std::optional<std::uint64_t> drawn =
        trial.draws() ? std::optional(trial.seed) : std::nullopt;
    const RowKey key{.id = id(model_trial.identity(), drawn),
                     .name = trial.name,
                     .model = model.name,
                     .seed = trial.seed,
                     .vars = trial.vars};
    plan.rows.push_back(key);
    if (seen.insert(key.id).second) plan.jobs.push_back({std::move(model_trial), key});
  }
  plan.stages =
      cut_stages(plan.spec(), plan.data.set.items, static_cast<double>(plan.jobs.size()) + 1.0);
  return plan;
}

/// Items that earlier runs finished. A trial that failed is finished: it would fail again.
void note_done(const std::vector<Record>& records, ModelPlan& plan) {
  std::map<std::pair<std::string, Index>, Index> numbers;  // of questions among the items
  for (std::size_t q = 0; q < plan.data.questions.size(); ++q)
    numbers[{plan.data.questions[q].task, plan.data.questions[q].question}] =
        plan.data.set.windows + static_cast<Index>(q);
  for (const Record& record : records) {
    std::set<Index>& items = plan.done[record.id];
    for (const WindowSums& sums : record.windows) items.insert(sums.window);
    for (const QuestionSums& sums : record.questions)
      if (const auto found = numbers.find({sums.task, sums.question}); found != numbers.end())
        items.insert(found->second);
    if (record.status == "failed")
      for (Index i = 0; i < plan.data.set.count(); ++i) items.insert(i);
  }
}

bool is_done(const ModelPlan& plan, const std::string& id, const Stage& stage) {
  const auto found = plan.done.find(id);
  if (found == plan.done.end()) return false;
  for (const Index i : stage.items)
    if (!found->second.contains(i)) return false;
  return true;
}

double stage_flops(const ModelPlan& plan, const Stage& stage, Index lanes) {
  return stage_flops(plan.spec(), plan.data.set.items, stage) * static_cast<double>(lanes);
}

/// What of a stage is still to be done.
std::vector<const Job*> pending_jobs(const ModelPlan& plan, const Stage& stage) {
  std::vector<const Job*> pending;
  for (const Job& job : plan.jobs)
    if (!is_done(plan, job.key.id, stage)) pending.push_back(&job);
  return pending;
}

WavePlan plan_waves(const ModelPlan& plan, const Stage& stage,
                    const std::vector<const Job*>& pending, const MemoryBudget& budget) {
  std::vector<const ModelTrial*> trials;
  for (const Job* job : pending) trials.push_back(&job->trial);
  return plan_waves(plan.spec(), plan.data.set.items, stage, trials, thread_count(), budget);
}

/// Runs one model's stages and appends their records.
class ModelRunner {
 public:
  ModelRunner(const Experiment& experiment, ModelPlan& plan, Decoder& decoder, RunFolder& folder,
              const RunOptions& options, const MemoryBudget& budget, const Json& env,
              Progress& progress)
      : stats_(experiment.config.stats),
        plan_(plan),
        decoder_(decoder),
        folder_(folder),
        options_(options),
        budget_(budget),
        env_(env),
        progress_(progress) {}

  void run() {
    double total = 0.0, done = 0.0;
    for (const Stage& stage : plan_.stages) {
      const Index lanes = static_cast<Index>(plan_.jobs.size()) + 1;
      total += stage_flops(plan_, stage, lanes);
      done += stage_flops(plan_, stage, lanes) - stage_flops(plan_, stage, pending_lanes(stage));
    }
    if (done == total) return;
    Index positions = 0;
    for (const EvalItem& item : plan_.data.set.items)
      positions = std::max(positions, item.layout.positions());
    decoder_.prepare(positions);
    progress_.start(plan_.model->name, total, done);
    for (const Stage& stage : plan_.stages)
      if (pending_lanes(stage) > 0) run_one(stage);
    progress_.finish();
  }

 private:
  /// Lanes a stage needs: the baseline rides along wherever a trial is left, or its own items are.
  Index pending_lanes(const Stage& stage) const {
    const Index trials = static_cast<Index>(pending_jobs(plan_, stage).size());
    if (trials == 0 && is_done(plan_, baseline().id, stage)) return 0;
    return trials + 1;
  }
  const RowKey& baseline() const { return plan_.rows.front(); }

  void run_one(const Stage& stage) {
    const std::vector<const Job*> pending = pending_jobs(plan_, stage);
    std::vector<Lane> lanes;
    for (const Job* job : pending)
      lanes.push_back({.trial = &job->trial, .weight_stats = plan_.done[job->key.id].empty()});
    auto start = std::chrono::steady_clock::now();
    const auto describe = [&](std::size_t lanes_together) {
      const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
      return Json{{"seconds", seconds.count()}, {"lanes", lanes_together},
                  {"threads", thread_count()},  {"finished", utc_time()},
                  {"version", version()},       {"git", git_hash()}};
    };
    const WavePlan waves = plan_waves(plan_, stage, pending, budget_);
    const StageHooks hooks{.advance = [&](double flops) { progress_.advance(flops); },
                           .should_stop = options_.should_stop,
                           .baseline_done =
                               [&](LaneResult result) {
                                 if (!is_done(plan_, baseline().id, stage))
                                   append(baseline(), stage, std::move(result),
                                          describe(static_cast<std::size_t>(waves.lanes[0]) + 1));
                               },
                           .lanes_done =
                               [&](std::size_t first, std::vector<LaneResult> results) {
                                 const Json run = describe(results.size() + 1);
                                 for (std::size_t i = 0; i < results.size(); ++i)
                                   append(pending[first + i]->key, stage, std::move(results[i]),
                                          run);
                                 start = std::chrono::steady_clock::now();
                               }};
    run_stage(decoder_, plan_.data.set, stage, lanes, waves, stats_, hooks);
  }

  void append(const RowKey& key, const Stage& stage, LaneResult result, const Json& run) {
    Record record{
        .id = key.id, .name = key.name, .model = key.model, .seed = key.seed, .vars = key.vars};
    if (!result.error.empty()) {
      record.status = "failed";
      record.error = result.error;
      progress_.message(
          fmt::format("warning: {}: trial '{}' failed: {}", key.model, key.name, result.error));
    }
    record.convention = plan_.data.convention;
    for (std::size_t i = 0; i < result.items.size(); ++i)
      add_item(stage.items[i], std::move(result.items[i]), record);
    record.sites = std::move(result.sites);
    record.env = env_;
    record.run = run;
    note_done({record}, plan_);
    folder_.append(std::move(record));
  }

  void add_item(Index item, std::vector<PartSums> parts, Record& record) const {
    const EvalSet& set = plan_.data.set;
    if (item < set.windows)
      record.windows.push_back({.window = item,
                                .tokens = parts.front().tokens,
                                .nll = parts.front().nll,
                                .kl = parts.front().kl,
                                .kl_reverse = parts.front().kl_reverse,
                                .top1 = parts.front().top1,
                                .bytes = set.item(item).bytes,
                                .document = set.item(item).document,
                                .detail = parts.front().detail});
    else
      record.questions.push_back(
          plan_.data.questions[static_cast<std::size_t>(item - set.windows)].score(
              std::move(parts)));
  }

  StatsMode stats_;
  ModelPlan& plan_;
  Decoder& decoder_;
  RunFolder& folder_;
  const RunOptions& options_;
  const MemoryBudget& budget_;
  const Json& env_;
  Progress& progress_;
};

void warn_of_reference_kernels(Progress& progress) {
  for (const std::string& name : gemm_implementations())
    if (name.find("ref") != std::string::npos)
      progress.message(
          fmt::format("warning: oneDNN has only the reference kernel '{}' here; expect it to be "
                      "very slow",
                      name));
}

}  // namespace

std::string trial_id(const std::string& model_hash, const std::string& data_hash,
                     const Json& identity, std::optional<std::uint64_t> seed) {
  ContentHash hash;
  hash.add(fmt::format("numerics {}", kNumericsVersion));
  hash.add(model_hash);
  hash.add(data_hash);
  hash.add(identity.dump());
  hash.add(seed ? fmt::format("seed {}", *seed) : "no draws");
  return hash.hex();
}

Json numerics_env() {
  return {{"numerics", kNumericsVersion},
          {"gemm", gemm_library()},
          {"isa", gemm_isa()},
          {"implementation", gemm_probe()}};
}

RunOutcome run_experiment(Experiment& experiment, const RunOptions& options, Progress& progress) {
  std::vector<ModelPlan> plans;
  std::vector<ModelIdentity> identities;
  std::vector<RowKey> rows;
  for (const ExperimentModel& model : experiment.models) {
    plans.push_back(plan_model(experiment, model));
    identities.push_back(plans.back().identity);
    rows.insert(rows.end(), plans.back().rows.begin(), plans.back().rows.end());
  }
  const ByteSize* const in_yaml = experiment.config.memory ? &*experiment.config.memory : nullptr;
  const MemoryBudget budget = MemoryBudget::of(options.memory ? options.memory
                                               : in_yaml      ? std::optional(in_yaml->bytes)
                                                              : std::nullopt);
  for (const ModelPlan& plan : plans)  // a budget too small is known before anything runs
    for (const Stage& stage : plan.stages)
      plan_waves(plan, stage, pending_jobs(plan, stage), budget);
  const Json env = numerics_env();
  RunFolder folder = RunFolder::open(options.out, identities, env, options.any_env);
  const std::vector<TaskHeading> tasks = task_headings(experiment.config.tasks);
  folder.write_description(experiment.source.text, to_yaml(experiment.resolved()),
                           {{"version", version()},
                            {"git", git_hash()},
                            {"cpu", cpu_model()},
                            {"threads", thread_count()},
                            {"env", env},
                            {"command", options.command},
                            {"experiment_dir", experiment.source.directory},
                            {"set", experiment.source.set},
                            {"set_dir", experiment.source.set_directory}},
                           rows, tasks);
  for (const ModelPlan& plan : plans)
    for (const std::string& warning : plan.data.warnings) progress.message("warning: " + warning);

  RunOutcome outcome;
  try {
    for (std::size_t i = 0; i < plans.size(); ++i) {
      note_done(folder.records(), plans[i]);
      ModelRunner(experiment, plans[i], experiment.models[i].decoder, folder, options, budget, env,
                  progress)
          .run();
    }
  } catch (const Interrupted&) {
    outcome.interrupted = true;
    progress.finish();
  } catch (...) {
    try {
      folder.write_results(rows, tasks);
    } catch (const Error&) {  // the first error is the one to tell; the records are safe
    }
    throw;
  }
  warn_of_reference_kernels(progress);
  outcome.rows = folder.write_results(rows, tasks);
  outcome.failed = std::count_if(outcome.rows.begin(), outcome.rows.end(),
                                 [](const ResultRow& row) { return row.status == "failed"; });
  return outcome;
}

}  // namespace nf
