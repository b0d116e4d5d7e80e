#include "eval/run/plan_shards.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/counted.h"
#include "core/base/error.h"
#include "core/base/parallel.h"
#include "eval/output/number_text.h"
#include "eval/output/progress.h"
#include "eval/plan/calibration_memory.h"
#include "eval/plan/chosen_trials.h"
#include "eval/plan/experiment_cut.h"
#include "eval/plan/job_waves.h"
#include "eval/plan/model_estimate.h"
#include "eval/run/arithmetic_warnings.h"
#include "eval/run/calibrate_jobs.h"
#include "eval/run/machine_rates.h"
#include "eval/run/preparation.h"

namespace nf {
namespace {

/// Conditions whose kinds of distortions are timed: those of a sweep are of one kind.
constexpr Index kTimedConditions = 64;
/// A shard may take a little longer than was asked for.
constexpr double kAbout = 1.02;
/// A list in the terminal has no more lines.
constexpr Index kMostLines = 24;

/// So many threads for a while.
class ThreadsForNow {
 public:
  explicit ThreadsForNow(Index threads) : before_(thread_count()) {
    if (threads != before_) set_thread_count(threads);
  }
  ~ThreadsForNow() {
    if (thread_count() != before_) set_thread_count(before_);
  }
  ThreadsForNow(const ThreadsForNow&) = delete;
  ThreadsForNow& operator=(const ThreadsForNow&) = delete;

 private:
  Index before_;
};

/// The work that many threads do in the time of one.
double speed_of(Index threads) {
  constexpr double kShare = 0.8;  // they wait for each other, and for memory
  return threads == 1 ? 1.0 : kShare * static_cast<double>(threads);
}

/// The rates of the same machine with other threads.
WorkRates with_threads(WorkRates rates, Index threads) {
  const double more = speed_of(threads) / speed_of(rates.threads);
  rates.threads = threads;
  for (double* const rate :
       {&rates.block_flops, &rates.integer_flops, &rates.head_flops, &rates.reading})
    *rate *= more;
  return rates;
}

/// Only a machine that computes as the experiment says can be timed for it.
void be_fit_for_timing(const Experiment& experiment) {
  try {
    take_isa(experiment.config);
    check_arithmetic(experiment);
  } catch (const ConfigError& error) {
    throw ConfigError(
        fmt::format("{}; or say --rates FILE of a machine that shall run it (`noisefloor doctor "
                    "--json` writes one there)",
                    error.what()));
  }
}

double mean_of(const std::vector<double>& rates, double usual) {
  double sum = 0.0, count = 0.0;
  for (const double rate : rates)
    if (rate > 0.0) {
      sum += rate;
      count += 1.0;
    }
  return count == 0.0 ? usual : sum / count;
}

/// Some of the conditions, from all over.
std::vector<const Job*> sample_of(const ModelPlan& model) {
  const std::vector<const Job*> all = model.conditions({});
  const Index step = std::max<Index>(1, std::ssize(all) / kTimedConditions);
  std::vector<const Job*> sample;
  for (Index i = 0; i < std::ssize(all); i += step)
    sample.push_back(all[static_cast<std::size_t>(i)]);
  return sample;
}

/// This machine's rates for a model, timed for about a second.
WorkRates timed_rates(const ModelPlan& model, Decoder& decoder, StatsMode stats) {
  const ThreadsForNow here(timed_threads());
  const std::vector<const Job*> sample = sample_of(model);
  DistortionKinds kinds;
  const StoredBytes stored = stored_bytes(decoder);
  stage_cost(model, model.stages().front(), sample, {.lanes = {std::ssize(sample)}}, false, stored,
             &kinds);
  prepare_decoder(decoder, model.data().set, calibration_positions(model, sample));
  const MachineRates timed = measure_rates(decoder, model.data().set, kinds, stats);
  WorkRates rates{.threads = thread_count(),
                  .block_flops = timed.block_flops,
                  .head_flops = timed.trial_head_flops,
                  .packing = timed.packing};
  rates.integer_flops = timed.integer_flops > 0.0 ? timed.integer_flops
                                                  : WorkRates::kIntegerSpeed * rates.block_flops;
  rates.distorting = mean_of(timed.distorting, rates.distorting);
  rates.measuring = mean_of(timed.measuring, rates.measuring);
  rates.reading = stored.block / std::max(timed.seconds_of_block, 1e-9);
  return rates;
}

/// The model with the most to do.
ModelPlan& largest_model(std::vector<ModelPlan>& models) {
  const auto flops = [](const ModelPlan& model) {
    const Stage all(0, model.data().set.count());
    return static_cast<double>(model.row_count() + 1) *
           stage_flops(model.spec(), model.data().set.items, all);
  };
  return *std::max_element(models.begin(), models.end(),
                           [&](const auto& a, const auto& b) { return flops(a) < flops(b); });
}

/// The longest shard.
double longest_of(const std::vector<ExperimentCut::Seconds>& shards) {
  double longest = 0.0;
  for (const ExperimentCut::Seconds& shard : shards) longest = std::max(longest, shard.all);
  return longest;
}

/// Cuts into the fewest shards, about, of which none takes longer.
void cut_for(double seconds, ExperimentCut& cut, const std::vector<CutUnit>& units) {
  const auto longest = [&](Index count) {
    cut.recut(count);
    return longest_of(cut.seconds(units));
  };
  cut.recut(1);
  const double whole = cut.seconds(units).front().all;
  Index count = std::max<Index>(1, static_cast<Index>(std::ceil(whole / (kAbout * seconds))));
  // Each more than is needed for the work alone repeats a little.
  for (;;) {
    const double now = longest(count);
    if (now <= kAbout * seconds || cut.used() < count) break;
    count = std::max(count + 1, static_cast<Index>(std::ceil(static_cast<double>(count) *
                                                             std::min(now / seconds, 1.25))));
  }
  if (cut.used() < count) cut.recut(cut.used());
}

/// The most memory that a part of a model's work takes, within a budget.
double peak_of(const ModelPlan& model, const MemoryBudget& budget) {
  const std::vector<const Job*> jobs = model.jobs_with({});
  double peak = 0.0;
  const auto largest =
      std::max_element(model.stages().begin(), model.stages().end(),
                       [](const Stage& a, const Stage& b) { return a.count() < b.count(); });
  if (largest == model.stages().end()) return peak;
  std::vector<const Job*> sorted = jobs;
  peak = cut_waves(model, *largest, sorted, budget).bytes;
  std::vector<CalibratedTrial> trials;
  for (const Job* job : jobs)
    if (job->trial.is_calibrated()) trials.push_back({&job->trial, &job->path});
  const HasOutcome none = [](const Site&, const ChainKey&) { return false; };
  if (!trials.empty())
    for (const CalibrationWave& wave :
         cut_calibration(model.spec(), trials, none, thread_count(), budget)) {
      const CalibrationPlan pass(model.spec(), wave.trials, none);
      peak = std::max(peak, calibration_bytes(model.spec(), pass, thread_count(),
                                              wave.distorting_threads, budget.process_bytes));
    }
  return peak;
}

/// Bytes of the records of a part of a model's work: of each row a line's share for every window,
/// and figures of every site that it distorts.
double record_bytes(const ModelPlan& model) {
  constexpr double kItem = 350, kSite = 500;
  const DecoderSpec& spec = model.spec();
  double sites = 0;
  for (const Job* job : model.jobs_with({}))
    for (Index layer = 0; layer < spec.num_hidden_layers; ++layer)
      for (int role = 0; role < kRoleCount; ++role)
        for (const auto chain : {&ModelTrial::weight, &ModelTrial::input})
          sites += (job->trial.*chain)(layer, static_cast<Role>(role)).empty() ? 0 : 1;
  return kItem * static_cast<double>((model.row_count() + 1) * model.items().count()) +
         kSite * sites;
}

/// All but the seconds of a shard: the models take its part.
PlannedShard planned_of(std::vector<ModelPlan>& models, const ExperimentCut& cut, Index shard,
                        const MemoryBudget& budget) {
  PlannedShard planned;
  const std::vector<ModelPart> parts = cut.parts(shard);
  for (std::size_t m = 0; m < models.size(); ++m) {
    models[m].take_part(parts[m]);
    planned.trials += models[m].row_count();
    planned.items += models[m].items().count();
    planned.record_bytes += record_bytes(models[m]);
    planned.peak_bytes = std::max(planned.peak_bytes, peak_of(models[m], budget));
  }
  return planned;
}

std::string by_text(ShardBy by) {
  return by == ShardBy::trials ? "trials" : by == ShardBy::text ? "text" : "both";
}

std::string share_text(double part, double whole) {
  return fmt::format("{:.1f} %", 100.0 * part / std::max(whole, 1e-12));
}

}  // namespace

PlannedShard ShardsPlan::all() const {
  PlannedShard sum;
  for (const PlannedShard& each : shards) {
    sum.trials += each.trials;
    sum.items += each.items;
    sum.seconds += each.seconds;
    sum.baseline += each.baseline;
    sum.prefix += each.prefix;
    sum.weights += each.weights;
    sum.flops += each.flops;
    sum.repeated_flops += each.repeated_flops;
    sum.peak_bytes = std::max(sum.peak_bytes, each.peak_bytes);
  }
  return sum;
}

double ShardsPlan::longest() const {
  double longest = 0.0;
  for (const PlannedShard& each : shards) longest = std::max(longest, each.seconds);
  return longest;
}

double ShardsPlan::unevenness() const {
  double sum = 0.0, count = 0.0;
  for (const PlannedShard& each : shards)
    if (each.seconds > 0.0) {
      sum += each.seconds;
      count += 1.0;
    }
  return sum == 0.0 ? 1.0 : longest() * count / sum;
}

Json ShardsPlan::to_json() const {
  Json list = Json::array();
  for (std::size_t i = 0; i < shards.size(); ++i)
    list.push_back({{"shard", fmt::format("{}/{}", i + 1, shards.size())},
                    {"trials", shards[i].trials},
                    {"items", shards[i].items},
                    {"seconds", shards[i].seconds},
                    {"repeated_seconds", shards[i].repeated()},
                    {"flops", count_json(shards[i].flops)},
                    {"repeated_flops", count_json(shards[i].repeated_flops)},
                    {"peak_bytes", count_json(shards[i].peak_bytes)}});
  const PlannedShard sum = all();
  return {{"count", shard.count},
          {"by", by_text(shard.by)},
          {"trials", trials},
          {"conditions", conditions},
          {"whole_seconds", whole_seconds},
          {"seconds", sum.seconds},
          {"repeated_seconds",
           {{"baseline", sum.baseline}, {"prefix", sum.prefix}, {"weights", sum.weights}}},
          {"flops", count_json(sum.flops)},
          {"repeated_flops", count_json(sum.repeated_flops)},
          {"largest_to_mean", unevenness()},
          {"threads", threads},
          {"timed", is_timed},
          {"rates", shard.rates.to_json()},
          {"notes", notes},
          {"shards", std::move(list)}};
}

std::string ShardsPlan::text() const {
  const PlannedShard sum = all();
  std::string text =
      fmt::format("{} by {}: {}, {} beside the baseline\n", counted(shard.count, "shard"),
                  by_text(shard.by), counted(trials, "trial"), counted(conditions, "condition"));
  for (const std::string& note : notes) text += fmt::format("  {}\n", note);
  text += fmt::format(
      "  time     {} in all, {} in one run; the longest shard {}, {} of the mean one; on {} "
      "{}\n",
      duration_text(sum.seconds), duration_text(whole_seconds), duration_text(longest()),
      short_number(unevenness(), 3), counted(threads, "thread"),
      is_timed ? "of this machine" : "of the given rates");
  text += fmt::format(
      "  repeats  {} more work than one run: baselines {}, shared prefixes {}, shared weights {}\n",
      share_text(sum.repeated(), whole_seconds), share_text(sum.baseline, whole_seconds),
      share_text(sum.prefix, whole_seconds), share_text(sum.weights, whole_seconds));
  text +=
      fmt::format("  memory   at most {:.0f} MiB a shard\n\n", std::ceil(sum.peak_bytes / kMiB));
  text += fmt::format("  {:>9}  {:>7}  {:>7}  {:>9}  {:>9}  {:>10}\n", "shard", "trials", "items",
                      "time", "repeated", "memory");
  const Index lines = std::min<Index>(kMostLines, std::ssize(shards));
  for (Index i = 0; i < lines; ++i) {
    const PlannedShard& each = shards[static_cast<std::size_t>(i)];
    text += fmt::format("  {:>9}  {:>7}  {:>7}  {:>9}  {:>9}  {:>6.0f} MiB\n",
                        fmt::format("{}/{}", i + 1, shards.size()), each.trials, each.items,
                        duration_text(each.seconds), duration_text(each.repeated()),
                        std::ceil(each.peak_bytes / kMiB));
  }
  if (lines < std::ssize(shards))
    text += fmt::format("  {} more: --json has all\n", std::ssize(shards) - lines);
  return text;
}

WorkRates time_experiment(Experiment& experiment, const RunOptions& options) {
  be_fit_for_timing(experiment);
  check_choice(options.trials, experiment);
  check_profiled_trials(experiment);
  std::vector<ModelPlan> models =
      plan_models(experiment, options.trials, options.hashes ? &*options.hashes : nullptr);
  ModelPlan& largest = largest_model(models);
  return timed_rates(largest, largest.decoder(), experiment.config.stats);
}

ShardsPlan plan_shards(Experiment& experiment, const RunOptions& options,
                       const ShardRequest& request) {
  // The instruction set is chosen once in a process, before anything asks for it.
  if (!request.rates) be_fit_for_timing(experiment);
  check_choice(options.trials, experiment);
  check_profiled_trials(experiment);
  std::vector<ModelPlan> models =
      plan_models(experiment, options.trials, options.hashes ? &*options.hashes : nullptr);
  ShardsPlan plan{.shard = {.count = request.count.value_or(1),
                            .by = request.by,
                            .rates = request.rates.value_or(WorkRates{})}};
  ExperimentCut cut(models, plan.shard);
  WorkRates rates = plan.shard.rates;
  plan.is_timed = !request.rates.has_value();
  if (plan.is_timed) {
    ModelPlan& largest = largest_model(models);
    rates = timed_rates(largest, largest.decoder(), experiment.config.stats);
  }
  plan.threads = request.threads.value_or(rates.threads);
  rates = with_threads(rates, plan.threads);
  const std::vector<CutUnit> units =
      rates == plan.shard.rates ? cut.units() : cut.units_by(models, rates);
  plan.whole_seconds = range_cost(units, 0, std::ssize(units)).all.on(1);
  if (request.seconds) cut_for(*request.seconds, cut, units);
  plan.shard = cut.shard();
  if (!cut.note().empty()) plan.notes.push_back(cut.note());
  const std::vector<ExperimentCut::Seconds> seconds = cut.seconds(units);
  for (const ModelPlan& model : models) {
    plan.trials += model.row_count();
    plan.conditions += std::ssize(model.conditions({}));
    plan.conditions += std::count_if(model.searches().begin(), model.searches().end(),
                                     [](const Search& search) { return search.is_chosen; });
  }
  MemoryBudget budget = run_budget(experiment.config, options.memory);
  if (!budget.is_given) budget.bytes = kShardMemory;
  budget.is_binding = false;
  const ThreadsForNow planned(plan.threads);
  for (Index i = 0; i < plan.shard.count; ++i) {
    PlannedShard shard = planned_of(models, cut, i, budget);
    const ExperimentCut::Seconds& own = seconds[static_cast<std::size_t>(i)];
    shard.seconds = own.all;
    shard.baseline = own.baseline;
    shard.prefix = own.prefix;
    shard.weights = own.weights;
    shard.flops = own.flops;
    shard.repeated_flops = own.repeated_flops;
    plan.shards.push_back(shard);
  }
  if (cut.used() < plan.shard.count)
    plan.notes.push_back(
        fmt::format("{} of them have nothing to do: there is no more to share out{}",
                    plan.shard.count - cut.used(),
                    plan.shard.by == ShardBy::trials ? "; --by both cuts the text as well" : ""));
  if (request.seconds && plan.longest() > kAbout * *request.seconds)
    plan.notes.push_back(
        fmt::format("the longest takes {}, more than {}: one condition is cut no further{}",
                    duration_text(plan.longest()), duration_text(*request.seconds),
                    plan.shard.by == ShardBy::trials ? "; --by both cuts the text as well" : ""));
  return plan;
}

}  // namespace nf
