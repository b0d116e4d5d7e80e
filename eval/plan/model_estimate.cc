#include "eval/plan/model_estimate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "core/base/counted.h"
#include "core/base/parallel.h"
#include "eval/design/likely_steps.h"
#include "eval/output/number_text.h"
#include "eval/output/progress.h"
#include "eval/plan/calibration_memory.h"
#include "eval/plan/input_watch.h"
#include "eval/plan/job_waves.h"
#include "eval/stats/detectable.h"

namespace nf {
namespace {

/// The cost of a round of jobs in all stages.
struct RoundEstimate {
  WaveCost cost;
  Index unshared = 0, most_waves = 0, parts = 0;
  double peak_bytes = 0.0, longest_wave = 0.0;
};

/// with_floor: also what is left of the floor, which runs behind each part's jobs.
RoundEstimate estimate_round(const ModelPlan& plan, const std::vector<const Job*>& jobs,
                             bool with_floor, bool baseline_kept, const StoredBytes& stored,
                             const MemoryBudget& budget, const FinishedItems& finished,
                             DistortionKinds* kinds, const SaveRule& rule) {
  RoundEstimate round;
  // The first part that a trial runs gathers the statistics of its weights for all.
  bool measures = std::any_of(jobs.begin(), jobs.end(), [&finished](const Job* job) {
    return !finished.has_weights(job->key.id);
  });
  const auto add = [&](const Stage& stage, std::vector<const Job*> left, bool kept,
                       double seconds) {
    const WavePlan waves =
        cut_waves(plan, stage, left, budget,
                  {.seconds = seconds, .seconds_of = rule.seconds_of, .baseline_kept = kept});
    round.cost += stage_cost(plan, stage, left, waves, kept, stored, kinds, measures);
    if (rule.seconds_of)
      for (const double each : seconds_of_waves(stage, left, waves, kept, rule.seconds_of))
        round.longest_wave = std::max(round.longest_wave, each);
    round.most_waves = std::max(round.most_waves, std::ssize(waves.lanes));
    round.peak_bytes = std::max(round.peak_bytes, waves.bytes);
  };
  for (const Stage& stage : plan.stages()) {
    for (StagePart part : plan_parts(plan, stage, jobs, finished, baseline_kept, budget, rule)) {
      if (!with_floor) part.floor = {};
      if (part.empty()) continue;
      ++round.parts;
      if (!part.without_floor()) add(part.stage, part.jobs, baseline_kept, part.wave_seconds);
      measures = measures && part.jobs.empty();
      if (!part.floor.items.empty())
        add(part.floor, {plan.floor()}, !part.without_floor(), part.wave_seconds);
      const Index lanes = std::ssize(part.jobs) + (part.floor.items.empty() ? 1 : 2);  // baseline
      round.unshared += lanes * plan.spec().num_hidden_layers;
    }
  }
  return round;
}

/// The likely number of the plan's searches that take a first step, a second, and so on. Notes in
/// the estimate what they come to.
std::vector<double> likely_searches(const ModelPlan& plan, ModelEstimate& estimate) {
  std::vector<double> searches;
  for (const Search& search : plan.searches()) {
    if (!search.is_ours) continue;
    estimate.search_steps += search.trial.bisect->max_steps;
    const std::vector<double> shares = likely_steps(*search.trial.bisect);
    estimate.likely_steps += std::accumulate(shares.begin(), shares.end(), 0.0);
    if (searches.size() < shares.size()) searches.resize(shares.size());
    if (!search.state.bisection.next()) continue;
    for (std::size_t step = 0; step < shares.size(); ++step) searches[step] += shares[step];
  }
  return searches;
}

/// Bytes of the baseline's final hidden states in all stages. Notes in the estimate those of the
/// largest stage.
double note_baselines(const ModelPlan& plan, ModelEstimate& estimate) {
  double all = 0.0;
  for (const Stage& stage : plan.stages()) {
    double rows = 0.0;
    for (const Index i : stage.items)
      rows += static_cast<double>(scored_rows(plan.data().set.item(i)));
    const Index width = plan.spec().embedding_size() + plan.spec().hidden_size;
    const double bytes = sizeof(float) * rows * static_cast<double>(width);
    estimate.baseline_bytes = std::max(estimate.baseline_bytes, bytes);
    all += bytes;
  }
  return all;
}

void count_text(const EvalSet& set, const Stage& items, ModelEstimate& estimate) {
  for (const Index i : items.items) {
    if (i >= set.windows) continue;
    estimate.tokens += static_cast<double>(set.item(i).targets.size());
    if (set.begins_block(i)) ++estimate.blocks;
  }
}

std::string mib(double bytes) { return fmt::format("{:.0f} MiB", std::ceil(bytes / kMiB)); }

/// "9.13 TFLOP"
std::string scaled(double value, const char* unit) {
  const char* const prefixes[] = {"", "k", "M", "G", "T", "P", "E"};
  std::size_t p = 0;
  for (; value >= 1000.0 && p + 1 < std::size(prefixes); ++p) value /= 1000.0;
  return fmt::format("{} {}{}", short_number(value, 3), prefixes[p], unit);
}

/// ", at most 1:12" where searches may take more steps than they are likely to.
std::string bound_text(double seconds, double most) {
  return most > seconds ? fmt::format(", at most {}", duration_text(most)) : "";
}

/// How often the work is recorded; nothing where no time is known.
std::string cuts_text(const ModelEstimate& estimate) {
  if (estimate.longest_wave == 0.0) return "";
  return fmt::format("  kept     {} in all, {} apart at most; this takes {:.1f} % of the time\n",
                     counted(estimate.cost.waves, "time"), duration_text(estimate.longest_wave),
                     100.0 * estimate.seconds_of_cuts / std::max(estimate.seconds, 1e-9));
}

/// Jobs of which something is left to run.
std::vector<const Job*> jobs_left(const ModelPlan& plan, const std::vector<const Job*>& jobs,
                                  const FinishedItems& finished) {
  std::vector<const Job*> left;
  for (const Job* job : jobs)
    if (!finished.has(job->key.id, plan.items())) left.push_back(job);
  return left;
}

/// The passes of calibration sets that jobs, and predictors of them, need, within the budget.
void add_calibration(const ModelPlan& plan, const std::vector<const Job*>& jobs,
                     const MemoryBudget& budget, DistortionKinds* kinds, const HasOutcome& kept,
                     ModelEstimate& estimate) {
  std::vector<CalibratedTrial> trials;
  for (const Job* job : jobs)
    if (job->trial.is_calibrated()) trials.push_back({&job->trial, &job->path});
  const InputWatch watch = watch_of(plan, jobs);
  for (const CalibratedTrial& trial : watch.trials()) trials.push_back(trial);
  if (trials.empty()) return;
  // Outcomes that an earlier wave makes are not made again.
  std::set<ChainKey> made;
  const HasOutcome has = [&](const Site& site, const ChainKey& key) {
    return made.contains(key) || (kept && kept(site, key));
  };
  for (const CalibrationWave& wave :
       cut_calibration(plan.spec(), trials, has, thread_count(), budget)) {
    const CalibrationPlan pass(plan.spec(), wave.trials, has);
    if (pass.empty()) continue;
    estimate.calibrating += calibration_cost(plan.spec(), pass, kinds);
    estimate.peak_bytes = std::max(
        estimate.peak_bytes, calibration_bytes(plan.spec(), pass, thread_count(),
                                               wave.distorting_threads, budget.process_bytes));
    for (const MissingOutcome& outcome : pass.missing()) made.insert(outcome.key);
  }
}

/// The work of calibration; nothing where there is none.
std::string calibrating_text(const ModelEstimate& estimate) {
  const CalibrationCost& cost = estimate.calibrating;
  if (cost.outcomes == 0) return "";
  return fmt::format(
      "  calib.   {} made once a run: {} of a set through a block, {}{}\n",
      counted(cost.outcomes, "weight or statistic", "weights or statistics"),
      counted(cost.block_passes, "pass", "passes"), scaled(cost.flops(), "FLOP"),
      estimate.calibrating_seconds > 0.0 ? ", " + duration_text(estimate.calibrating_seconds) : "");
}

/// A line for each calibration set.
std::string calibration_text(const ModelEstimate& estimate) {
  std::string text;
  for (const CalibrationIdentity& set : estimate.calibration)
    text += fmt::format("  {:<9}{}\n", text.empty() ? "calib." : "", set.text());
  return text;
}

/// The smallest differences that this text would show, by how large KL is: a line for each.
std::string detectable_text(const ModelEstimate& estimate, const PlannedSpread& spread) {
  std::string text;
  for (const double kl : {0.001, 0.01, 0.1}) {
    const std::optional<double> nll =
        planned_delta_nll(kl, estimate.tokens, estimate.blocks, spread);
    const std::optional<double> other = planned_kl(kl, estimate.blocks, spread);
    if (!nll || !other)
      return fmt::format("           too few for intervals, which need {} blocks\n", kFewestBlocks);
    text += fmt::format(
        "           of a trial with a KL of {:<6} it shows a Δnll from {} on; of two, a "
        "difference of KL from {} on\n",
        short_number(kl, 1), short_number(*nll, 2), short_number(*other, 2));
  }
  return text;
}

}  // namespace

StoredBytes stored_bytes(const Decoder& decoder) {
  const DecoderSpec& spec = decoder.spec();
  const auto bytes_of = [&decoder](const std::string& name) {
    return static_cast<double>(decoder.checkpoint().info(name).bytes);
  };
  StoredBytes stored;
  double values = 0.0;
  for (const LinearTensors& linear : spec.block(0).linears) {
    // Only this linear's rows of a fused tensor count.
    stored.block += bytes_of(linear.weight) * static_cast<double>(linear.out) /
                    static_cast<double>(linear.source_rows());
    values += static_cast<double>(linear.out) * static_cast<double>(linear.in);
  }
  stored.value = stored.block / values;
  stored.head = bytes_of(spec.lm_head);
  return stored;
}

ModelEstimate estimate(const ModelPlan& plan, const Decoder& decoder, const std::vector<Job>& steps,
                       const MemoryBudget& budget, const FinishedItems& finished,
                       DistortionKinds* kinds, const SaveRule& rule, const HasOutcome& has) {
  const std::vector<const Job*> jobs = plan.jobs_with(steps);
  std::vector<const Job*> searching;
  for (const Job& step : steps) searching.push_back(&step);

  ModelEstimate result{
      .model = plan.title(),
      .trials = plan.row_count(),
      .searches = std::count_if(plan.searches().begin(), plan.searches().end(),
                                [](const Search& search) { return search.is_ours; }),
      .conditions = std::ssize(jobs),
      .nodes = block_passes(job_tree(plan.spec(), jobs)),
      .may_stop = plan.may_stop(),
      .budget_bytes = budget.bytes,
      .seconds_of = rule.seconds_of};
  const StoredBytes stored = stored_bytes(decoder);
  const auto round_of = [&](const std::vector<const Job*>& of_round, bool is_first, bool kept) {
    RoundEstimate round =
        estimate_round(plan, of_round, is_first, kept, stored, budget, finished, kinds, rule);
    result.most_waves = std::max(result.most_waves, round.most_waves);
    result.peak_bytes = std::max(result.peak_bytes, round.peak_bytes);
    result.longest_wave = std::max(result.longest_wave, round.longest_wave);
    if (is_first) result.stages = round.parts;
    return round;
  };
  const auto add = [&result](const RoundEstimate& round) {
    result.cost += round.cost;
    result.unshared_block_passes += round.unshared;
  };
  add(round_of(jobs, true, false));
  result.most = result.cost;
  const std::vector<double> likely = likely_searches(plan, result);
  // After the first step the searches go on among themselves.
  const bool kept = note_baselines(plan, result) <= kKeptShare * budget.bytes;
  const Index rounds = searching.empty() ? 1 : plan.steps_left();
  if (rounds > 1) {
    const WaveCost of_all = round_of(searching, false, kept).cost;
    for (Index round = 1; round < rounds; ++round) result.most += of_all;
  }
  for (std::size_t round = 1; round < likely.size() && static_cast<Index>(round) < rounds;
       ++round) {
    searching.resize(
        std::min(searching.size(), static_cast<std::size_t>(std::lround(likely[round]))));
    if (searching.empty()) break;
    add(round_of(searching, false, kept));
  }
  count_text(plan.data().set, plan.items(), result);
  add_calibration(plan, jobs_left(plan, jobs, finished), budget, kinds, has, result);
  result.calibration = plan.identity().calibration;
  return result;
}

Json count_json(double count) {
  constexpr double kLargest = 9007199254740992.0;
  if (!(std::abs(count) <= kLargest)) return count;
  return static_cast<Index>(std::round(count));
}

Json ModelEstimate::to_json() const {
  Json sets = Json::array();
  for (const CalibrationIdentity& set : calibration) sets.push_back(set.to_json());
  return {{"model", model},
          {"trials", trials},
          {"conditions", conditions},
          {"searches", searches},
          {"search_steps", search_steps},
          {"likely_steps", likely_steps},
          {"nodes", nodes},
          {"block_passes", cost.block_passes},
          {"unshared_block_passes", unshared_block_passes},
          {"head_passes", cost.head_passes},
          {"flops", count_json(cost.flops())},
          {"bytes_read", count_json(cost.bytes_read)},
          {"stages", stages},
          {"waves", cost.waves},
          {"longest_wave_seconds", longest_wave},
          {"seconds_of_cuts", seconds_of_cuts},
          {"most_waves_of_a_stage", most_waves},
          {"peak_bytes", count_json(peak_bytes)},
          {"budget_bytes", count_json(budget_bytes)},
          {"baseline_bytes", count_json(baseline_bytes)},
          {"seconds", seconds},
          {"most_seconds", most_seconds},
          {"timed_threads", timed_threads},
          {"tokens", count_json(tokens)},
          {"blocks", blocks},
          {"calibration", std::move(sets)},
          {"calibrating",
           {{"outcomes", calibrating.outcomes},
            {"block_passes", calibrating.block_passes},
            {"flops", count_json(calibrating.flops())},
            {"seconds", calibrating_seconds}}}};
}

std::string estimate_text(const std::vector<ModelEstimate>& estimates, Index threads,
                          const PlannedSpread& spread) {
  std::string text;
  double seconds = 0.0, most = 0.0;
  bool at_most = false;
  for (const ModelEstimate& e : estimates) {
    seconds += e.seconds;
    most += e.most_seconds;
    at_most = at_most || e.is_upper_bound();
    text += e.model + '\n';
    text += fmt::format(
        "  trials   {}, {} beside the baseline{}\n", e.trials, counted(e.conditions, "condition"),
        e.searches == 0 ? ""
                        : fmt::format("; {} of them {} of about {:.0f} steps in all, at most {}",
                                      e.searches, e.searches == 1 ? "a search" : "searches",
                                      e.likely_steps, e.search_steps));
    text += fmt::format(
        "  passes   {} through a block, {} if nothing were shared; {} through the head; a tree "
        "of {} nodes\n",
        e.cost.block_passes, e.unshared_block_passes, e.cost.head_passes, e.nodes);
    text += fmt::format("  work     {}; {} of weights read\n", scaled(e.cost.flops(), "FLOP"),
                        scaled(e.cost.bytes_read, "B"));
    text +=
        fmt::format("  waves    {}{} in {}\n", e.most_waves == 1 ? "" : "at most ", e.most_waves,
                    e.stages == 1 ? "1 stage" : fmt::format("each of {} stages", e.stages));
    text += cuts_text(e);
    text += fmt::format("  memory   at most {} of {}{}\n", mib(e.peak_bytes), mib(e.budget_bytes),
                        e.most_waves > 1
                            ? fmt::format("; {} of it keep the baseline's final hidden states from "
                                          "wave to wave",
                                          mib(e.baseline_bytes))
                            : "");
    text += fmt::format(
        "  time     {}{}{} on {} ({}/s here){}\n", e.is_upper_bound() ? "at most " : "",
        duration_text(e.seconds), bound_text(e.seconds, e.most_seconds),
        counted(e.timed_threads, "thread"),
        scaled(e.cost.flops() / std::max(e.seconds - e.calibrating_seconds, 1e-9), "FLOP"),
        e.timed_threads == threads
            ? ""
            : fmt::format("; {} {} not this machine's, which has {}", counted(threads, "thread"),
                          threads == 1 ? "is" : "are", counted(machine_cores(), "core")));
    text += calibrating_text(e);
    text += calibration_text(e);
    if (e.tokens > 0.0)
      text += fmt::format("  text     {:.0f} tokens scored in {}\n{}", e.tokens,
                          counted(e.blocks, "block"), detectable_text(e, spread));
  }
  if (estimates.size() > 1)
    text += fmt::format("all: {}{}{}\n", at_most ? "at most " : "", duration_text(seconds),
                        bound_text(seconds, most));
  return text;
}

}  // namespace nf
