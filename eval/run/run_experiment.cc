#include "eval/run/run_experiment.h"

#include <algorithm>
#include <chrono>

#include "core/base/cpu_info.h"
#include "core/base/parallel.h"
#include "core/base/version.h"
#include "core/config/yaml_writer.h"
#include "core/io/atomic_file.h"
#include "core/ops/gemm.h"
#include "eval/experiment/repeat_warnings.h"
#include "eval/records/plan_file.h"
#include "eval/records/run_folder.h"
#include "eval/run/gather_warnings.h"
#include "eval/run/machine_rates.h"
#include "eval/run/model_runner.h"
#include "eval/tables/result_files.h"
#include "eval/tasks/task_questions.h"

namespace nf {
namespace {

void warn_of_reference_kernels(Progress& progress) {
  for (const std::string& name : gemm_implementations())
    if (name.find("ref") != std::string::npos)
      progress.message(
          fmt::format("warning: oneDNN has only the reference kernel '{}' here; expect it to be "
                      "very slow",
                      name));
}

std::vector<ModelPlan> plan_models(const Experiment& experiment, const Shard& shard) {
  std::vector<ModelPlan> plans;
  for (const ExperimentModel& model : experiment.models)
    plans.emplace_back(experiment, model, shard);
  return plans;
}

/// records: what earlier runs have done.
std::vector<ModelEstimate> estimate_models(Experiment& experiment, std::vector<ModelPlan>& plans,
                                           const MemoryBudget& budget,
                                           const std::vector<Record>& records) {
  std::vector<ModelEstimate> estimates;
  for (std::size_t i = 0; i < plans.size(); ++i) {
    ModelPlan& plan = plans[i];
    Decoder& decoder = experiment.models[i].decoder;
    const FinishedItems finished(plan.data(), records);
    const std::vector<Job> steps = plan.advance_searches(finished, records);
    estimates.push_back(estimate(plan, decoder, steps, budget, finished));
    if (estimates.back().cost.flops() == 0.0) continue;
    prepare_decoder(decoder, plan.data().set);
    std::vector<const ModelTrial*> trials;
    for (const Job& job : plan.jobs()) trials.push_back(&job.trial);
    for (const Job& step : steps) trials.push_back(&step.trial);
    const MachineRates rates = calibrate(decoder, plan.data().set, trials);
    estimates.back().seconds = rates.seconds(estimates.back().cost);
  }
  return estimates;
}

/// What one model took.
struct Taken {
  bool finished = false;  ///< else its last stages were planned but not run
  double seconds = 0.0, peak_bytes = 0.0;
  bool peak_is_own = false;  ///< else the peak may be that of an earlier model or the calibration
};

/// What was planned beside what happened, for plan.json.
Json compare_plan(const ModelEstimate& planned, const Taken& taken, const WaveCost& cost) {
  return {{"planned", planned.to_json()},
          {"actual",
           {{"finished", taken.finished},
            {"seconds", taken.seconds},
            {"flops", count_json(cost.flops())},
            {"block_passes", cost.block_passes},
            {"head_passes", cost.head_passes},
            {"waves", cost.waves},
            {"peak_bytes", count_json(taken.peak_bytes)},
            {"peak_of", taken.peak_is_own ? "model" : "process"}}}};
}

/// The same for the terminal.
std::string comparison_text(const ModelEstimate& planned, const Taken& taken) {
  return fmt::format("{}: took {}, planned were {}{}; memory {:.0f} MiB{}, planned at most {:.0f}",
                     planned.model, duration_text(taken.seconds),
                     planned.is_upper_bound() ? "at most " : "", duration_text(planned.seconds),
                     taken.peak_bytes / kMiB, taken.peak_is_own ? "" : " (of all so far)",
                     planned.peak_bytes / kMiB);
}

/// All models one after the other; what each took goes to `report`, also of one that is stopped.
void run_models(Experiment& experiment, std::vector<ModelPlan>& plans,
                const std::vector<ModelEstimate>& estimates, RunFolder& folder,
                const RunOptions& options, const MemoryBudget& budget, const Json& env,
                Progress& progress, Json& report, const std::function<void()>& searches_moved) {
  for (std::size_t i = 0; i < plans.size(); ++i) {
    if (estimates[i].cost.flops() == 0.0) continue;
    ModelRunner runner(experiment.config, plans[i], experiment.models[i].decoder, folder, options,
                       budget, env, progress);
    const bool peak_is_own = reset_peak_resident();
    const auto start = std::chrono::steady_clock::now();
    const auto take_account = [&](bool finished) {
      const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
      const Taken taken{.finished = finished,
                        .seconds = seconds.count(),
                        .peak_bytes = peak_resident_bytes(),
                        .peak_is_own = peak_is_own};
      report.push_back(compare_plan(estimates[i], taken, runner.cost()));
      return taken;
    };
    try {
      runner.run(searches_moved);
    } catch (...) {
      take_account(false);
      throw;
    }
    progress.message(comparison_text(estimates[i], take_account(true)));
    for (const std::string& warning : plans[i].search_warnings())
      progress.message("warning: " + warning);
  }
}

}  // namespace

MemoryBudget run_budget(const ExperimentConfig& config, std::optional<Index> memory) {
  if (!memory && config.memory) memory = config.memory->bytes;
  return MemoryBudget::of(memory);
}

void prepare_decoder(Decoder& decoder, const EvalSet& set) {
  Index positions = 0;
  for (const EvalItem& item : set.items) positions = std::max(positions, item.layout.positions());
  decoder.prepare(positions);
}

Json numerics_env() {
  return {{"numerics", kNumericsVersion},
          {"gemm", gemm_library()},
          {"isa", gemm_isa()},
          {"implementation", gemm_probe()}};
}

std::vector<ModelEstimate> plan_experiment(Experiment& experiment, const RunOptions& options) {
  std::vector<ModelPlan> plans = plan_models(experiment, options.shard);
  return estimate_models(experiment, plans, run_budget(experiment.config, options.memory), {});
}

RunOutcome run_experiment(Experiment& experiment, const RunOptions& options, Progress& progress) {
  std::vector<ModelPlan> plans = plan_models(experiment, options.shard);
  const auto rows = [&plans] {
    std::vector<RowKey> all;
    for (const ModelPlan& plan : plans) {
      const std::vector<RowKey> more = plan.rows();
      all.insert(all.end(), more.begin(), more.end());
    }
    return all;
  };
  std::vector<ModelIdentity> identities;
  for (const ModelPlan& plan : plans) identities.push_back(plan.identity());
  const MemoryBudget budget = run_budget(experiment.config, options.memory);
  // A budget too small is known before anything is written.
  for (std::size_t i = 0; i < plans.size(); ++i) {
    const FinishedItems nothing(plans[i].data());
    estimate(plans[i], experiment.models[i].decoder, plans[i].advance_searches(nothing, {}), budget,
             nothing);
  }
  const Json env = numerics_env();
  RunFolder folder = RunFolder::open(options.out, identities, env, options.any_env);
  for (ModelPlan& plan : plans)  // so that the manifest says which steps its records may be of
    plan.advance_searches(FinishedItems(plan.data(), folder.records()), folder.records());
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
                           rows(), tasks);
  for (const std::string& warning : repeat_warnings(experiment))
    progress.message("warning: " + warning);
  for (const ModelPlan& plan : plans)
    for (const std::string& warning : plan.data().warnings) progress.message("warning: " + warning);
  for (const std::string& warning :
       gather_warnings(folder.records(), rows(), experiment.config.stats, experiment.config.detail))
    progress.message("warning: " + warning);
  if (const std::string others = other_records(folder.records(), rows()); !others.empty())
    progress.message(others);

  const std::vector<ModelEstimate> estimates =
      estimate_models(experiment, plans, budget, folder.records());
  const std::string started = utc_time();
  Json report = Json::array();
  const auto write_account = [&] {
    if (!report.empty())
      append_to_plan_file(folder.dir() / "plan.json", {{"started", started},
                                                       {"command", options.command},
                                                       {"threads", thread_count()},
                                                       {"models", report}});
  };
  RunOutcome outcome;
  try {
    run_models(experiment, plans, estimates, folder, options, budget, env, progress, report,
               [&] { folder.note_rows(rows()); });
  } catch (const Interrupted&) {
    outcome.interrupted = true;
    progress.finish();
  } catch (...) {
    try {
      write_results(folder, rows(), tasks);
      write_account();
    } catch (const Error&) {  // the first error is the one to tell; the records are safe
    }
    throw;
  }
  warn_of_reference_kernels(progress);
  outcome.rows = write_results(folder, rows(), tasks);
  write_account();
  outcome.searches = FollowedSearches(rows(), identities, folder.records());
  outcome.failed = std::count_if(outcome.rows.begin(), outcome.rows.end(),
                                 [](const ResultRow& row) { return row.status == "failed"; });
  return outcome;
}

}  // namespace nf
