#include "eval/verify/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/base/printable.h"
#include "core/io/mapped_ranges.h"
#include "core/io/read_file.h"
#include "core/io/temporary_folder.h"
#include "eval/plan/job_waves.h"
#include "eval/records/file_names.h"
#include "eval/records/identity_checks.h"
#include "eval/records/plan_file.h"
#include "eval/records/record_sample.h"
#include "eval/records/row_key.h"
#include "eval/run/arithmetic_warnings.h"
#include "eval/run/calibrate_jobs.h"
#include "eval/run/lane_record.h"
#include "eval/run/predictor_probe.h"
#include "eval/run/preparation.h"
#include "eval/verify/verify_choice.h"
#include "eval/verify/verify_differences.h"
#include "eval/verify/verify_files.h"

namespace nf {
namespace {

std::string manifest_of(const RunContents& contents) { return (contents.dir / kManifest).string(); }

/// Throws where a model of the folder is not the experiment's of that name.
void check_models_of(const RunContents& contents, const std::vector<ModelPlan>& plans) {
  check_models(contents.manifest.models, identities_of(plans),
               {manifest_of(contents), "when this folder was made", "now",
                "nothing can be verified without what it was made from"});
}

/// The lines of records.jsonl; those that were read as records come first.
std::vector<std::string> record_lines(const RunContents& contents) {
  std::istringstream file(read_text_file(contents.dir / kRecords));
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(std::move(line));
  if (lines.size() < contents.records.size())
    throw DataError((contents.dir / kRecords).string() + ": became shorter meanwhile");
  return lines;
}

class Verifier {
 public:
  Verifier(const RunContents& contents, const KindsPtr& kinds, const VerifyOptions& options,
           Progress& progress)
      : contents_(contents),
        options_(options),
        progress_(progress),
        lines_(record_lines(contents)),
        experiment_(Experiment::load(contents.source(), kinds)) {
    take_isa(experiment_.config);
    check_arithmetic(experiment_);
    plans_ = plan_models(experiment_);
    check_models_of(contents, plans_);
  }

  VerifyReport run() {
    report_.records = std::ssize(contents_.records);
    VerifyChoice choice(contents_.records, plans_, experiment_.config.stats);
    const std::vector<std::size_t> numbers = choose(choice);
    report_.chosen = std::ssize(numbers);
    for (const std::size_t number : numbers)
      if (!choice.has_items(number)) report_.add(name(number), choice.unknown_items(number));
    const std::vector<std::vector<VerifyGroup>> groups = choice.groups(numbers);
    const MemoryBudget budget = run_budget(experiment_.config, options_.memory);
    try {
      for (std::size_t m = 0; m < plans_.size(); ++m)
        if (!groups[m].empty()) run_model(m, groups[m], budget, choice);
    } catch (const Interrupted&) {
      report_.interrupted = true;
      progress_.finish();
    }
    return std::move(report_);
  }

 private:
  /// A group with its trials, each once, in the order in which they run.
  struct Work {
    const VerifyGroup* group = nullptr;
    std::vector<const Job*> jobs{};
    std::map<const Job*, std::vector<std::size_t>> records{};  ///< of null: the baseline's
    WavePlan waves{};
    WaveCost cost{};
  };

  std::string name(std::size_t number) const {
    const Record& record = contents_.records[number];
    return fmt::format("{}: {}: {}", contents_.place(number), printable(record.model),
                       condition_text({.id = {}, .name = record.name, .vars = record.vars}));
  }

  /// Numbers of the records to be run again, ascending.
  std::vector<std::size_t> choose(VerifyChoice& choice) {
    const Json env = numerics_env(experiment_.config.arithmetic);
    std::vector<std::size_t> numbers;
    std::string other_env;
    for (std::size_t i = 0; i < contents_.records.size(); ++i) {
      const Record& record = contents_.records[i];
      const auto other =
          options_.any_env
              ? std::nullopt
              : env_refusal(record.env, env,
                            {contents_.place(i), "when it was recorded", "here",
                             "verify on the same machine type, or say --any-env to see how much "
                             "they change"});
      if (other) {
        ++report_.skipped.other_env;
        if (other_env.empty()) other_env = *other;
      } else if (choice.find(i, report_.skipped)) {
        numbers.push_back(i);
      }
    }
    if (numbers.empty()) refuse(other_env);
    if (!options_.sample || *options_.sample >= std::ssize(numbers)) return numbers;
    std::vector<Record> records;
    for (const std::size_t number : numbers) records.push_back(contents_.records[number]);
    std::vector<std::size_t> sample;
    for (const std::size_t i : sample_records(records, options_.sample))
      sample.push_back(numbers[i]);
    return sample;
  }

  [[noreturn]] void refuse(const std::string& other_env) const {
    if (!other_env.empty()) throw ConfigError(other_env);
    const std::string file = (contents_.dir / kRecords).string();
    if (contents_.records.empty())
      throw ConfigError(file + ": holds no records yet, there is nothing to verify");
    throw ConfigError(
        fmt::format("{}: none of the {} records can be run again: they are of trials that the "
                    "experiment has no more, or failed under an earlier version of the program",
                    file, contents_.records.size()));
  }

  Work work_of(const ModelPlan& plan, const VerifyGroup& group, const MemoryBudget& budget) const {
    Work work{.group = &group};
    for (const VerifyGroup::Member& member : group.members) {
      std::vector<std::size_t>& records = work.records[member.job];
      if (records.empty() && member.job != nullptr) work.jobs.push_back(member.job);
      records.push_back(member.record);
    }
    work.waves = cut_waves(plan, group.stage, work.jobs, budget);
    work.cost = stage_cost(plan, group.stage, work.jobs, work.waves, false, {});
    return work;
  }

  void run_model(std::size_t model, const std::vector<VerifyGroup>& groups,
                 const MemoryBudget& budget, const VerifyChoice& choice) {
    ModelPlan& plan = plans_[model];
    Decoder& decoder = plan.decoder();
    std::vector<Work> works;
    double flops = 0.0;
    for (const VerifyGroup& group : groups) {
      works.push_back(work_of(plan, group, budget));
      flops += works.back().cost.flops();
    }
    std::vector<const Job*> jobs;
    for (const Work& work : works) jobs.insert(jobs.end(), work.jobs.begin(), work.jobs.end());
    prepare_decoder(decoder, plan.data().set, calibration_positions(plan, jobs));
    // Calibrated anew: the folder's cache is no record.
    const TemporaryFolder folder("noisefloor-verify");
    CalibrationResults calibration =
        calibration_results(folder.path(), plan, numerics_env(experiment_.config.arithmetic),
                            [](const std::string&) {});
    calibrate_jobs(plan, decoder, jobs, budget, calibration, options_.should_stop, progress_);
    std::optional<PredictorProbe> predictors;
    if (experiment_.config.predict.records)
      predictors.emplace(decoder, plan.predictor_set(), calibration);
    progress_.start(plan.title(), flops, 0.0);
    for (const Work& work : works)
      run_group(plan, decoder, work, choice, calibration, predictors ? &*predictors : nullptr);
    progress_.finish();
  }

  void run_group(const ModelPlan& plan, const Decoder& decoder, const Work& work,
                 const VerifyChoice& choice, const CalibrationResults& calibration,
                 PredictorProbe* predictors) {
    const VerifyGroup& group = *work.group;
    // Statistics of weights, and sums of predictors, are gathered where the stored records have
    // them: at a trial's first stage.
    const auto has_weights = [this](std::size_t number) {
      const std::vector<SiteStats>& sites = contents_.records[number].sites;
      return std::any_of(sites.begin(), sites.end(),
                         [](const SiteStats& site) { return site.is_weight() || site.predictor; });
    };
    std::vector<Lane> lanes;
    for (const Job* job : work.jobs) {
      const std::vector<std::size_t>& records = work.records.at(job);
      lanes.push_back({.trial = &job->trial,
                       .weight_stats = std::any_of(records.begin(), records.end(), has_weights)});
    }
    const auto compare = [&](const Job* job, const RowKey& key, LaneResult result) {
      check_mapped_files();  // or a difference would be told that is none of the records
      const auto records = work.records.find(job);
      if (records == work.records.end()) return;
      const Record now = lane_record(key, plan.data(), group.stage, std::move(result));
      for (const std::size_t number : records->second) {
        std::vector<RecordDifference> differences =
            rerun_differences(contents_.records[number], now);
        const std::vector<RecordDifference>& unknown = choice.unknown_items(number);
        differences.insert(differences.end(), unknown.begin(), unknown.end());
        // Derived figures follow from the sums, whose differences have been told then.
        if (differences.empty())
          differences = derived_differences(lines_[number], contents_.records[number],
                                            experiment_.kinds->metrics);
        report_.add(name(number), differences);
      }
    };
    const StageHooks hooks{
        .advance = [this](double flops) { progress_.advance(flops); },
        .should_stop = options_.should_stop,
        .baseline_done =
            [&](LaneResult result) { compare(nullptr, plan.baseline(), std::move(result)); },
        .lanes_done =
            [&](std::size_t first, std::vector<LaneResult> results) {
              for (std::size_t i = 0; i < results.size(); ++i)
                compare(work.jobs[first + i], work.jobs[first + i]->key, std::move(results[i]));
            }};
    run_stage(decoder, plan.data().set, group.stage, lanes, work.waves,
              {group.stats, group.detail, predictors}, hooks, &calibration);
  }

  const RunContents& contents_;
  const VerifyOptions& options_;
  Progress& progress_;
  std::vector<std::string> lines_;
  Experiment experiment_;
  std::vector<ModelPlan> plans_;
  VerifyReport report_;
};

}  // namespace

VerifyReport verify_run(const RunContents& contents, const KindsPtr& kinds,
                        const VerifyOptions& options, Progress& progress) {
  check_numerics(contents.manifest.numerics, manifest_of(contents),
                 "verify it with the version of the program that made it");
  Verifier verifier(contents, kinds, options, progress);
  // At once: a run may go on in the folder meanwhile, and leave other files there.
  const VerifyReport::Files files = verify_files(contents, kinds->metrics);
  VerifyReport report = verifier.run();
  report.damaged_plan = plan_file_damage(contents.dir / kPlan);
  if (!report.interrupted) report.files = files;
  return report;
}

}  // namespace nf
