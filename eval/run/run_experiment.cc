#include "eval/run/run_experiment.h"

#include <algorithm>
#include <exception>
#include <limits>
#include <memory>
#include <set>

#include "core/base/cpu_info.h"
#include "core/base/parallel.h"
#include "core/base/version.h"
#include "core/config/yaml_writer.h"
#include "core/ops/gemm.h"
#include "eval/experiment/model_warnings.h"
#include "eval/experiment/repeat_warnings.h"
#include "eval/plan/chosen_trials.h"
#include "eval/plan/experiment_cut.h"
#include "eval/plan/job_waves.h"
#include "eval/records/earlier_set.h"
#include "eval/records/file_names.h"
#include "eval/records/mixed_env.h"
#include "eval/records/plan_file.h"
#include "eval/records/source_note.h"
#include "eval/run/arithmetic_warnings.h"
#include "eval/run/calibrate_jobs.h"
#include "eval/run/gather_warnings.h"
#include "eval/run/machine_rates.h"
#include "eval/run/model_runner.h"
#include "eval/run/preparation.h"
#include "eval/run/profile_rest.h"
#include "eval/run/profile_texts.h"
#include "eval/run/run_account.h"
#include "eval/run/run_context.h"
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

/// The part of each model's work that a shard has.
struct TakenShard {
  std::vector<ModelPart> parts{};
  Json cut{};  ///< a note for the manifest; null where there is one shard
};

/// Lets the models have the shard's part of the work, where there are several.
TakenShard take_shard(std::vector<ModelPlan>& plans, const Shard& shard) {
  TakenShard taken;
  if (shard.is_all()) {
    for (const ModelPlan& plan : plans)
      taken.parts.push_back(
          {.conditions = {}, .last_item = plan.items().count(), .with_floor = true});
    return taken;
  }
  const ExperimentCut cut(plans, shard);
  taken.parts = cut.parts(shard.index);
  for (std::size_t i = 0; i < plans.size(); ++i) plans[i].take_part(taken.parts[i]);
  taken.cut = cut.to_json(plans);
  return taken;
}

std::vector<ModelPlan> plan_models(const Experiment& experiment, const RunOptions& options) {
  check_choice(options.trials, experiment);
  check_profiled_trials(experiment);
  return plan_models(experiment, options.trials, options.hashes ? &*options.hashes : nullptr);
}

/// Whether the models have anything to do, finished or not.
bool has_work(const std::vector<ModelPlan>& plans) {
  return std::any_of(plans.begin(), plans.end(),
                     [](const ModelPlan& plan) { return plan.items().count() > 0; });
}

/// As many threads as this machine can time, where a plan asks for those of another.
class ThreadsHere {
 public:
  ThreadsHere() : asked_(thread_count()) {
    if (timed_threads() != asked_) set_thread_count(timed_threads());
  }
  ~ThreadsHere() {
    if (thread_count() != asked_) set_thread_count(asked_);
  }
  ThreadsHere(const ThreadsHere&) = delete;
  ThreadsHere& operator=(const ThreadsHere&) = delete;

 private:
  Index asked_;
};

/// The rule of a run whose work takes so long here.
SaveRule save_rule(const RunOptions& options, WaveSeconds seconds_of) {
  SaveRule rule{.seconds = options.save_every.value_or(kSaveEvery),
                .at_any_cost = options.save_every.has_value(),
                .seconds_of = std::move(seconds_of)};
  if (rule.seconds == 0.0) rule.seconds = std::numeric_limits<double>::infinity();
  return rule;
}

/// Tells what earlier runs have made of a model's calibration sets.
using KeptOutcomes = std::function<HasOutcome(const ModelPlan& plan)>;

KeptOutcomes outcomes_in(const RunFolder& folder, const Json& env) {
  return [&folder, &env](const ModelPlan& plan) -> HasOutcome {
    // Who runs the model tells of damaged files.
    const std::shared_ptr<CalibrationResults> results(new CalibrationResults(
        calibration_results(folder.dir() / kCalibrationDir, plan, env, [](const std::string&) {})));
    return [results](const Site& site, const ChainKey& key) { return results->has(site, key); };
  };
}

/// Estimates the work that earlier runs (records) have left, and the time that it takes here.
std::vector<ModelEstimate> estimate_models(const Experiment& experiment,
                                           std::vector<ModelPlan>& plans,
                                           const MemoryBudget& budget, const RunOptions& options,
                                           const std::vector<Record>& records,
                                           const KeptOutcomes& kept = {}) {
  std::vector<ModelEstimate> estimates;
  for (std::size_t i = 0; i < plans.size(); ++i) {
    ModelPlan& plan = plans[i];
    Decoder& decoder = plan.decoder();
    const FinishedItems finished(plan.data(), records);
    const std::vector<Job> steps = plan.advance_searches(finished, records);
    const auto kinds = std::make_shared<DistortionKinds>();
    const HasOutcome has = kept ? kept(plan) : HasOutcome();
    estimates.push_back(estimate(plan, decoder, steps, budget, finished, kinds.get(), {}, has));
    const ThreadsHere here;
    estimates.back().timed_threads = thread_count();
    if (estimates.back().cost.flops() == 0.0) continue;
    prepare_decoder(decoder, plan.data().set, calibration_positions(plan, plan.jobs_with(steps)));
    const MachineRates rates = measure_rates(decoder, plan.data().set, *kinds,
                                             experiment.config.stats, estimates.back().calibrating);
    const double uncut = rates.seconds(estimates.back().cost);
    // The cuts follow from the rates, and the cost of them from the cuts.
    const SaveRule rule = save_rule(
        options, [&plan, rates, kinds](const Stage& stage, const std::vector<const Job*>& jobs,
                                       bool baseline_kept) {
          return rates.seconds(stage_cost(plan, stage, jobs, {.lanes = {std::ssize(jobs)}},
                                          baseline_kept, {}, kinds.get()));
        });
    estimates.back() = estimate(plan, decoder, steps, budget, finished, kinds.get(), rule, has);
    estimates.back().making_flops = [rates, kinds](const DecoderSpec& spec,
                                                   const CalibrationPlan& missing) {
      const CalibrationCost cost = calibration_cost(spec, missing, kinds.get());
      return rates.block_flops * rates.making.seconds(cost, rates.threads, rates.block_flops);
    };
    estimates.back().timed_threads = thread_count();
    const double calibrating = rates.seconds(estimates.back().calibrating);
    estimates.back().calibrating_seconds = calibrating;
    estimates.back().seconds = calibrating + rates.seconds(estimates.back().cost);
    estimates.back().most_seconds = calibrating + rates.seconds(estimates.back().most);
    estimates.back().seconds_of_cuts =
        std::max(0.0, estimates.back().seconds - calibrating - uncut);
  }
  return estimates;
}

/// Throws ConfigError where even one trial of a model is too much for the budget.
void check_budget(std::vector<ModelPlan>& plans, const MemoryBudget& budget) {
  for (ModelPlan& plan : plans) {
    const FinishedItems nothing(plan.data());
    estimate(plan, plan.decoder(), plan.advance_searches(nothing, {}), budget, nothing);
  }
}

/// Searches go on from the steps that earlier runs have recorded.
void take_up_searches(std::vector<ModelPlan>& plans, const std::vector<Record>& records) {
  for (ModelPlan& plan : plans) plan.advance_searches(FinishedItems(plan.data(), records), records);
}

std::vector<TaskHeading> headings_of(const Experiment& experiment) {
  return task_headings(experiment.config.tasks, experiment.kinds->tasks);
}

/// cut: null where there is one shard.
void write_description(const RunContext& run, const std::vector<ModelPlan>& plans,
                       const Json& cut) {
  const ExperimentSource& source = run.experiment.source;
  Json about = {{"version", version()},      {"git", git_hash()}, {"cpu", cpu_model()},
                {"threads", thread_count()}, {"env", run.env},    {"command", run.options.command}};
  note_source(about, source);
  const Shard& shard = run.options.shard;
  if (!shard.is_all()) {
    about["shard"] = fmt::format("{}/{}", shard.index + 1, shard.count);
    about["cut"] = cut;
  }
  if (!run.options.trials.is_all()) about["trials"] = run.options.trials.patterns();
  run.folder.write_description(source.text, to_yaml(run.experiment.resolved()), std::move(about),
                               rows_of(plans), headings_of(run.experiment));
}

void warn(const RunContext& run, const std::vector<std::string>& warnings) {
  for (const std::string& warning : warnings) run.progress.message("warning: " + warning);
}

/// Tells the warnings that the experiment, its texts and the earlier records give reason for.
void tell_warnings(const RunContext& run, const std::vector<ModelPlan>& plans) {
  const std::vector<Record>& records = run.folder.records();
  const std::vector<RowKey> rows = rows_of(plans);
  warn(run, model_warnings(run.experiment));
  const Shard& shard = run.options.shard;
  if (!has_work(plans))
    warn(run,
         {fmt::format("shard {}/{} has nothing to do: there is no more to share out{}",
                      shard.index + 1, shard.count,
                      shard.by == ShardBy::trials ? "; --by both cuts the text as well" : "")});
  if (const auto damage = plan_file_damage(run.folder.dir() / kPlan))
    warn(run, {*damage + "; the account of earlier calls is lost, a new one takes its place"});
  mend_plan_file(run.folder.dir() / kPlan);
  warn(run, repeat_warnings(run.experiment));
  for (const ModelPlan& plan : plans) {
    warn(run, plan.data().warnings);
    warn(run, plan.calibration().warnings());
  }
  warn(run, gather_warnings(records, rows, run.experiment.config.stats,
                            run.experiment.config.detail, run.experiment.config.predict.records));
  if (const std::string others = other_records(records, rows); !others.empty())
    run.progress.message(others);
}

/// Reads the texts of `profile:`, for an error in one is better told before hours have passed.
/// Their warnings.
std::vector<std::string> check_profile_texts(const Experiment& experiment,
                                             const std::vector<ModelPlan>& plans) {
  std::vector<std::string> warnings;
  for (const ModelPlan& plan : plans) {
    if (!plan.has_own_shape()) continue;
    for (const ReadProfileText& text :
         read_profile_texts(experiment.config, plan.decoder(), plan.data().set.windows))
      warnings.insert(warnings.end(), text.data.warnings.begin(), text.data.warnings.end());
  }
  return warnings;
}

/// Runs the rest of one model's plan. Its expense goes to the account, also where it is stopped.
void run_model(const RunContext& run, std::vector<ModelPlan>& plans, std::size_t model,
               const ModelEstimate& planned, RunAccount& account) {
  ModelPlan& plan = plans[model];
  ModelRunner runner(run, plan, plan.decoder(), save_rule(run.options, planned.seconds_of),
                     planned.making_flops);
  const ExpenseMeter meter;
  try {
    runner.run([&] { run.folder.note_rows(rows_of(plans)); });
  } catch (...) {
    account.add(planned, meter.so_far(), runner.cost(), /*finished=*/false);
    throw;
  }
  const Expense taken = meter.so_far();
  account.add(planned, taken, runner.cost(), /*finished=*/true);
  run.progress.message(expense_text(planned, taken));
  warn(run, plan.search_warnings());
}

/// The part of all models' work that is recorded.
KeptWork kept_of(std::vector<ModelPlan>& plans, const std::vector<Record>& records) {
  KeptWork kept;
  for (ModelPlan& plan : plans) {
    const FinishedItems finished(plan.data(), records);
    kept += kept_work(plan, plan.advance_searches(finished, records), finished);
  }
  return kept;
}

/// The end of running the models.
struct RunEnd {
  bool interrupted = false;    ///< the user asked to stop
  std::exception_ptr error{};  ///< to be told when the files are written; else null
};

RunEnd run_models(const RunContext& run, std::vector<ModelPlan>& plans,
                  const std::vector<ModelPart>& parts, const std::vector<ModelEstimate>& estimates,
                  RunAccount& account) {
  try {
    for (std::size_t i = 0; i < plans.size(); ++i) {
      if (estimates[i].cost.flops() > 0.0) run_model(run, plans, i, estimates[i], account);
      // The rest of what `profile:` asks for: other texts, and what was run before it was asked.
      if (!parts[i].empty()) finish_profile(run, plans[i], parts[i], plans[i].decoder());
    }
  } catch (const Interrupted&) {
    run.progress.finish();
    return {.interrupted = true};
  } catch (...) {
    return {.error = std::current_exception()};
  }
  return {};
}

/// The tables out of all records, where they are wanted, and the account. Returns the rows of
/// results.csv.
std::vector<ResultRow> write_files(const RunContext& run, const std::vector<ModelPlan>& plans,
                                   const RunAccount& account) {
  std::vector<ResultRow> rows;
  if (run.options.writes_tables)
    rows = write_results(run.folder, rows_of(plans), run.experiment.kinds->metrics,
                         headings_of(run.experiment));
  account.append_to(run.folder.dir() / kPlan);
  return rows;
}

[[noreturn]] void write_files_and_rethrow(const RunContext& run,
                                          const std::vector<ModelPlan>& plans,
                                          const RunAccount& account,
                                          const std::exception_ptr& error) {
  try {
    write_files(run, plans, account);
  } catch (const Error&) {  // the first error is the one to tell; the records are safe
  }
  std::rethrow_exception(error);
}

double planned_flops(const std::vector<ModelEstimate>& estimates) {
  double flops = 0.0;
  for (const ModelEstimate& estimate : estimates) flops += estimate.cost.flops();
  return flops;
}

Index failed_rows(const std::vector<ResultRow>& rows) {
  return std::count_if(rows.begin(), rows.end(), [](const ResultRow& row) { return row.failed(); });
}

Index failed_trials(const std::vector<Record>& records) {
  std::set<std::string> ids;
  for (const Record& record : records)
    if (record.failed()) ids.insert(record.id);
  return std::ssize(ids);
}

}  // namespace

std::vector<ModelEstimate> plan_experiment(Experiment& experiment, const RunOptions& options) {
  take_isa(experiment.config);
  check_arithmetic(experiment);
  std::vector<ModelPlan> plans = plan_models(experiment, options);
  check_profile_texts(experiment, plans);
  take_shard(plans, options.shard);
  MemoryBudget budget = run_budget(experiment.config, options.memory);
  // A machine of other threads has other memory, too.
  budget.is_binding = budget.is_given || thread_count() <= most_threads();
  std::vector<ModelEstimate> estimates = estimate_models(experiment, plans, budget, options, {});
  for (ModelEstimate& each : estimates) each.seconds_of = {};  // it asks the plan, which ends here
  return estimates;
}

RunOutcome run_experiment(Experiment& experiment, const RunOptions& options, Progress& progress) {
  // The instruction set is chosen once in a process, before anything asks for it.
  take_isa(experiment.config);
  check_arithmetic(experiment);
  // A folder is of one experiment: what --set replaced before must be replaced again.
  if (!options.any_set)
    check_earlier_set(options.out, experiment.source.set, to_yaml(experiment.resolved()));
  // Texts become windows and trials become paths here: all that follows is about these.
  std::vector<ModelPlan> plans = plan_models(experiment, options);
  const std::vector<std::string> text_warnings = check_profile_texts(experiment, plans);
  // A part of them, of trials or text, is what the rest is about.
  const TakenShard shard = take_shard(plans, options.shard);
  // Everything but the weights has been read, so what is free now is what a run may have.
  const MemoryBudget budget = run_budget(experiment.config, options.memory);
  // A budget too small is known before anything is written.
  check_budget(plans, budget);
  // Records of another kind of machine, other models or other texts are not mixed with new ones.
  const Json env = numerics_env(experiment.config.arithmetic);
  RunFolder folder = RunFolder::open(options.out, identities_of(plans), env, options.any_env);
  folder.take_known(options.known);
  const RunContext run{experiment, folder, options, budget, env, progress};
  // The manifest says which steps of searches its records may be of, so these come first.
  take_up_searches(plans, folder.records());
  // From here on the folder can be read without the experiment.
  write_description(run, plans, shard.cut);
  // Who is warned can still stop before hours have passed.
  tell_warnings(run, plans);
  warn(run, text_warnings);
  // The rest is estimated on this machine, to be told and to stand beside what it took.
  const std::vector<ModelEstimate> estimates = estimate_models(
      experiment, plans, budget, options, folder.records(), outcomes_in(folder, env));
  // The work itself: each wave is recorded before the next begins.
  RunAccount account(options.command);
  options.begin_work(planned_flops(estimates));
  const RunEnd end = run_models(run, plans, shard.parts, estimates, account);
  // The tables tell also what an error has left behind.
  if (end.error) write_files_and_rethrow(run, plans, account, end.error);
  // Only a machine without oneDNN's kernels is so slow that it should be said.
  warn_of_reference_kernels(progress);
  // The tables follow from the records alone, so they are made anew at every end.
  RunOutcome outcome{.rows = write_files(run, plans, account), .interrupted = end.interrupted};
  warn(run, floor_warnings(env, outcome.rows));
  if (end.interrupted) outcome.kept = kept_of(plans, folder.records());
  outcome.searches = FollowedSearches(rows_of(plans), identities_of(plans), folder.records());
  for (const ModelPlan& plan : plans) outcome.planned_rows += plan.row_count();
  outcome.mixed_env = mixed_env_text(read_manifest(options.out / kManifest));
  outcome.failed =
      options.writes_tables ? failed_rows(outcome.rows) : failed_trials(folder.records());
  return outcome;
}

}  // namespace nf
