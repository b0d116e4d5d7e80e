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
#include "eval/run/run_folder.h"
#include "eval/run/stage_runner.h"

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
  TokenWindows windows;
  ModelIdentity identity{};
  std::vector<Job> jobs{};     ///< distinct ids only
  std::vector<RowKey> rows{};  ///< baseline first, then every trial of the experiment
  std::vector<Stage> stages{};
  std::map<std::string, std::set<Index>> done{};  ///< windows by id, from earlier runs
};

TokenWindows read_windows(const ExperimentConfig& config, const ExperimentModel& model) {
  WindowOptions options{
      .context = config.data.context, .limit = config.data.windows, .bos = config.data.bos};
  if (options.bos != Bos::none)
    options.bos_id = static_cast<std::int32_t>(*model.decoder.spec().bos_token_id);
  const Tokenizer tokenizer = Tokenizer::load(model.path.resolved);
  return TokenWindows::from_documents(config.data.read_documents(), tokenizer, options,
                                      config.data.source().resolved.string());
}

ModelPlan plan_model(const Experiment& experiment, const ExperimentModel& model) {
  ModelPlan plan{.model = &model, .windows = read_windows(experiment.config, model)};
  plan.identity = {model.name, model.decoder.checkpoint().content_hash(), plan.windows.hash()};
  const auto id = [&](const Json& what, std::optional<std::uint64_t> seed) {
    return trial_id(plan.identity.model_hash, plan.identity.data_hash, what, seed);
  };
  plan.rows.push_back(
      {.id = id("baseline", std::nullopt), .name = "baseline", .model = model.name});
  std::set<std::string> seen;
  for (const Trial& trial : experiment.trials) {
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
      cut_stages(model.decoder.spec(), plan.windows, static_cast<Index>(plan.jobs.size()) + 1);
  return plan;
}

/// Windows that earlier runs finished. A trial that failed is finished: it would fail again.
void note_done(const std::vector<Record>& records, ModelPlan& plan) {
  for (const Record& record : records) {
    std::set<Index>& windows = plan.done[record.id];
    for (const WindowSums& sums : record.windows) windows.insert(sums.window);
    if (record.status == "failed")
      for (Index w = 0; w < plan.windows.count(); ++w) windows.insert(w);
  }
}

bool is_done(const ModelPlan& plan, const std::string& id, const Stage& stage) {
  const auto found = plan.done.find(id);
  if (found == plan.done.end()) return false;
  for (Index w = stage.first; w < stage.last; ++w)
    if (!found->second.contains(w)) return false;
  return true;
}

double stage_flops(const ModelPlan& plan, const Stage& stage, Index lanes) {
  return stage_flops(plan.model->decoder.spec(), plan.windows, stage) * static_cast<double>(lanes);
}

/// What of a stage is still to be done.
std::vector<const Job*> pending_jobs(const ModelPlan& plan, const Stage& stage) {
  std::vector<const Job*> pending;
  for (const Job& job : plan.jobs)
    if (!is_done(plan, job.key.id, stage)) pending.push_back(&job);
  return pending;
}

/// Runs one model's stages and appends their records.
class ModelRunner {
 public:
  ModelRunner(const Experiment& experiment, ModelPlan& plan, Decoder& decoder, RunFolder& folder,
              const RunOptions& options, const Json& env, Progress& progress)
      : stats_(experiment.config.stats),
        plan_(plan),
        decoder_(decoder),
        folder_(folder),
        options_(options),
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
    decoder_.prepare(plan_.windows.context());
    progress_.start(plan_.model->name, total, done);
    for (const Stage& stage : plan_.stages)
      if (pending_lanes(stage) > 0) run_one(stage);
    progress_.finish();
  }

 private:
  /// Lanes a stage needs: the baseline rides along wherever a trial is left, or its own windows
  /// are.
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
    const StageHooks hooks{.advance = [&](double flops) { progress_.advance(flops); },
                           .should_stop = options_.should_stop};
    const auto start = std::chrono::steady_clock::now();
    StageResult result = run_stage(decoder_, plan_.windows, stage, lanes, stats_, hooks);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;

    const Json run = {{"seconds", seconds.count()}, {"lanes", lanes.size() + 1},
                      {"threads", thread_count()},  {"finished", utc_time()},
                      {"version", version()},       {"git", git_hash()}};
    if (!is_done(plan_, baseline().id, stage)) append(baseline(), std::move(result.baseline), run);
    for (std::size_t i = 0; i < pending.size(); ++i)
      append(pending[i]->key, std::move(result.lanes[i]), run);
  }

  void append(const RowKey& key, LaneResult result, const Json& run) {
    Record record{
        .id = key.id, .name = key.name, .model = key.model, .seed = key.seed, .vars = key.vars};
    if (!result.error.empty()) {
      record.status = "failed";
      record.error = result.error;
      progress_.message(
          fmt::format("warning: {}: trial '{}' failed: {}", key.model, key.name, result.error));
    }
    record.windows = std::move(result.windows);
    record.sites = std::move(result.sites);
    record.env = env_;
    record.run = run;
    note_done({record}, plan_);
    folder_.append(std::move(record));
  }

  StatsMode stats_;
  ModelPlan& plan_;
  Decoder& decoder_;
  RunFolder& folder_;
  const RunOptions& options_;
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
    model.decoder.check_weights();
    plans.push_back(plan_model(experiment, model));
    identities.push_back(plans.back().identity);
    rows.insert(rows.end(), plans.back().rows.begin(), plans.back().rows.end());
  }
  const Json env = numerics_env();
  RunFolder folder = RunFolder::open(options.out, identities, env, options.any_env);
  folder.write_description(experiment.source_text, to_yaml(experiment.resolved()),
                           {{"version", version()},
                            {"git", git_hash()},
                            {"cpu", cpu_model()},
                            {"threads", thread_count()},
                            {"env", env},
                            {"command", options.command}});
  for (const ModelPlan& plan : plans)
    for (const std::string& warning : plan.windows.warnings())
      progress.message("warning: " + warning);

  RunOutcome outcome;
  try {
    for (std::size_t i = 0; i < plans.size(); ++i) {
      note_done(folder.records(), plans[i]);
      ModelRunner(experiment, plans[i], experiment.models[i].decoder, folder, options, env,
                  progress)
          .run();
    }
  } catch (const Interrupted&) {
    outcome.interrupted = true;
    progress.finish();
  } catch (...) {
    try {
      folder.write_results(rows);
    } catch (const Error&) {  // the first error is the one to tell; the records are safe
    }
    throw;
  }
  warn_of_reference_kernels(progress);
  outcome.rows = folder.write_results(rows);
  outcome.failed = std::count_if(outcome.rows.begin(), outcome.rows.end(),
                                 [](const ResultRow& row) { return row.status == "failed"; });
  return outcome;
}

}  // namespace nf
