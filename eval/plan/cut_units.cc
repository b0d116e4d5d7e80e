#include "eval/plan/cut_units.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <unordered_map>

#include "eval/design/likely_steps.h"
#include "eval/plan/calibration_cost.h"
#include "eval/plan/floor_stage.h"
#include "eval/plan/job_waves.h"
#include "eval/plan/wave_cost.h"

namespace nf {
namespace {

double number(Index n) { return static_cast<double>(n); }

/// Runs of a sub-layer that a choice takes, about; steps of a search over scales have as many.
constexpr double kNominalReplays = 20.0;
/// A factorisation of a matrix goes at that share of the speed of products.
constexpr double kFactorisation = 0.25;

CutCost fixed(double seconds) { return {.fixed = seconds, .text = 0.0, .flops = 0.0}; }

/// The seconds of each kind of work on one model.
class Costs {
 public:
  Costs(const ModelPlan& plan, const StoredBytes& stored, const WorkRates& rates)
      : plan_(plan), spec_(plan.spec()), stored_(stored), rates_(rates) {
    const EvalSet& set = plan.data().set;
    stages_ = number(std::ssize(plan.all_stages()));
    for (const EvalItem& item : set.items) {
      rows_ += number(item.layout.rows());
      block_flops_ += block_flops(spec_, item.layout);
      head_flops_ += head_flops(spec_, scored_rows(item));
    }
    for (const LinearTensors& linear : spec_.block(0).linears)
      block_values_ += number(linear.out) * number(linear.in);
  }

  const DecoderSpec& spec() const { return spec_; }
  CutCost block() const {
    return {.fixed = 0.0, .text = block_flops_ / rates_.block_flops, .flops = block_flops_};
  }
  /// The same of a lane, whose linears may multiply integers.
  CutCost block(const ModelTrial& trial, Index layer) const {
    const double integers = integer_share(spec_, trial, layer);
    return {.fixed = 0.0,
            .text = block_flops_ *
                    ((1.0 - integers) / rates_.block_flops + integers / rates_.integer_flops),
            .flops = block_flops_};
  }
  CutCost head() const {
    return {.fixed = 0.0, .text = head_flops_ / rates_.head_flops, .flops = head_flops_};
  }

  /// Everything that a shard does before its first condition.
  CutCost baseline() const {
    const double values = number(spec_.num_hidden_layers) * block_values_ + head_values();
    CutCost cost = each_stage(values * rates_.packing / threads() +
                              (number(spec_.num_hidden_layers) * stored_.block + stored_.head) /
                                  rates_.reading);
    cost += number(spec_.num_hidden_layers) * block();
    cost += head();
    if (const CalibrationSetPtr& set = plan_.predictor_set())
      for (const EvalItem& item : set->items)
        cost.fixed +=
            number(spec_.num_hidden_layers) * block_flops(spec_, item.layout) / rates_.block_flops;
    return cost;
  }

  CutCost floor() const {
    if (plan_.floor() == nullptr) return {};
    double share = 0.0;
    for (const Stage& stage : plan_.all_stages())
      for (const Index i : floor_stage(plan_.data().set, stage).items)
        share += number(plan_.data().set.item(i).layout.rows()) / rows_;
    CutCost passes = number(spec_.num_hidden_layers) * block();
    passes += head();
    CutCost cost = share * passes;
    cost.fixed = (number(spec_.num_hidden_layers) * block_values_ + head_values()) *
                 rates_.packing / threads();
    return cost;
  }

  /// A weight that is distorted for each stage, and measured in the first.
  CutCost weight(double values) const {
    return {.fixed = values * (rates_.packing + rates_.measuring) / threads(),
            .text = (stages_ - 1.0) * values * (rates_.packing + rates_.distorting) / threads(),
            .flops = 0.0};
  }

  /// Embedding or head of one lane: no other thread helps.
  CutCost outer() const {
    return each_stage(number(spec_.vocab_size) * number(spec_.embedding_size()) * rates_.measuring);
  }
  CutCost own_head() const {
    return each_stage(head_values() * rates_.packing + stored_.head / rates_.reading);
  }

  /// What a trial distorts on the way through a block.
  CutCost inputs(const ModelTrial& trial, Index layer) const {
    if (!trial.touches_inputs(layer)) return {};
    double width = 0.0;
    for (const LinearTensors& linear : spec_.block(layer).linears)
      if (linear.role == spec_.input_owner(linear.role) && !trial.input(layer, linear.role).empty())
        width += number(linear.in);
    for (const SiteTensor state : kStates)
      if (!trial.state(layer, state).empty())
        width += number(state == SiteTensor::resid ? spec_.hidden_size
                                                   : spec_.num_key_value_heads * spec_.head_dim);
    return {.fixed = 0.0, .text = rows_ * width * rates_.distorting / threads(), .flops = 0.0};
  }

  double passing(const CalibrationCost& cost) const {
    return cost.block_flops / rates_.block_flops +
           number(cost.blocks_read) *
               (stored_.block / rates_.reading + block_values_ * rates_.packing / threads());
  }
  double making(const CalibrationCost& cost, const DistortionKinds& kinds) const {
    double seconds =
        cost.statistics_flops / rates_.block_flops + cost.made_weights * rates_.packing / threads();
    for (const MakingWorks* works : {&cost.made, &cost.chosen})
      for (const auto& [kind, work] : *works)
        seconds +=
            making(work, kinds.all()[static_cast<std::size_t>(kind.first)].chain, kind.second);
    return seconds;
  }

 private:
  double threads() const { return number(rates_.threads); }
  double head_values() const { return number(spec_.vocab_size) * number(spec_.embedding_size()); }
  CutCost each_stage(double seconds) const {
    return {.fixed = seconds, .text = (stages_ - 1.0) * seconds, .flops = 0.0};
  }

  double making(const MakingWork& work, const SiteChain& chain, Role role) const {
    double in = number(spec_.embedding_size());
    if (is_block_role(role))
      for (const LinearTensors& linear : spec_.block(0).linears)
        if (linear.role == role) in = number(linear.in);
    const InputNeeds needs = chain.input_needs();
    double seconds = work.rows * in * rates_.distorting / threads();
    if (needs.second_moment)
      seconds += (work.count * in * in * in + 2.0 * work.rows * in * in) /
                 (kFactorisation * rates_.block_flops);
    if (needs.sample || needs.first_windows) seconds *= kNominalReplays;
    return seconds + kNominalReplays * work.replay_flops / rates_.block_flops;
  }

  const ModelPlan& plan_;
  const DecoderSpec& spec_;
  StoredBytes stored_;
  WorkRates rates_;
  double stages_ = 1.0, rows_ = 0.0, block_flops_ = 0.0, head_flops_ = 0.0;
  double block_values_ = 0.0;
};

/// Notes, unit after unit, which work has been done before and by which unit last.
class Seen {
 public:
  explicit Seen(Index before) : before_(before) {}

  /// Adds work to a unit, as its own or as shared with the last one that has it.
  template <typename Key>
  void add(std::map<Key, Index>& last, const Key& key, const CutCost& cost, Index unit,
           CutUnit& to) const {
    const auto [known, is_new] = last.emplace(key, unit);
    note(is_new ? -1 : known->second, cost, unit, to);
    known->second = unit;
  }
  void add_weight(std::uint64_t key, const CutCost& cost, Index unit, CutUnit& to) {
    const auto [known, is_new] = weights_.emplace(key, unit);
    note(is_new ? -1 : known->second, cost, unit, to);
    known->second = unit;
  }

 private:
  void note(Index had, const CutCost& cost, Index unit, CutUnit& to) const {
    if (had == unit) return;
    if (had < 0) {
      to.own += cost;
      return;
    }
    const auto same = std::find_if(to.shared.begin(), to.shared.end(), [&](const auto& shared) {
      return shared.unit == before_ + had;
    });
    if (same != to.shared.end())
      same->cost += cost;
    else
      to.shared.push_back({.unit = before_ + had, .cost = cost});
  }

  Index before_;
  std::unordered_map<std::uint64_t, Index> weights_;
};

/// What a trial takes of calibration sets: the making of each outcome, and the passes that it waits
/// for.
class Calibration {
 public:
  Calibration(const Costs& costs, const Seen& seen) : costs_(costs), seen_(seen) {}

  void add(const Job& job, Index unit, CutUnit& to) {
    if (!job.trial.is_calibrated()) return;
    const std::vector<CalibratedTrial> trials = {{&job.trial, &job.path}};
    const HasOutcome none = [](const Site&, const ChainKey&) { return false; };
    const std::vector<MissingOutcome> missing = missing_outcomes(costs_.spec(), trials, none);
    if (missing.empty()) return;
    std::string all;
    for (const MissingOutcome& outcome : missing) all += outcome.key.hex();
    auto known = costs_of_.find(all);
    if (known == costs_of_.end()) known = costs_of_.emplace(all, cost_of(trials, all)).first;
    for (const MissingOutcome& outcome : missing)
      seen_.add(outcomes_, outcome.key, fixed(known->second.each_outcome), unit, to);
    seen_.add(passes_, known->second.pass, fixed(known->second.passing), unit, to);
  }

 private:
  struct Cost {
    double each_outcome = 0.0, passing = 0.0;
    std::string pass;  ///< the same, the same lanes pass
  };

  Cost cost_of(const std::vector<CalibratedTrial>& trials, const std::string& outcomes) const {
    const HasOutcome none = [](const Site&, const ChainKey&) { return false; };
    const CalibrationPlan plan(costs_.spec(), trials, none);
    DistortionKinds kinds;
    const CalibrationCost cost = calibration_cost(costs_.spec(), plan, &kinds);
    Cost result;
    result.each_outcome = costs_.making(cost, kinds) / number(cost.outcomes);
    result.passing = costs_.passing(cost);
    for (const CalibratedSet& set : plan.sets()) {
      result.pass += set.set->hash;
      if (!set.lanes.empty()) result.pass += outcomes;  // behind what the trial itself does
    }
    return result;
  }

  const Costs& costs_;
  const Seen& seen_;
  std::map<std::string, Cost> costs_of_;
  std::map<ChainKey, Index> outcomes_;
  std::map<std::string, Index> passes_;
};

/// The steps that a search is likely to take; 1 for a trial.
std::vector<double> times_of(const ModelPlan& plan, std::size_t conditions) {
  std::vector<double> times(plan.jobs().size(), 1.0);
  for (const Search& search : plan.searches()) {
    if (!search.is_chosen) continue;
    const std::vector<double> steps = likely_steps(*search.trial.bisect);
    times.push_back(std::accumulate(steps.begin(), steps.end(), 0.0));
  }
  times.resize(conditions, 1.0);
  return times;
}

/// Makes the units of one model.
class Units {
 public:
  Units(const Costs& costs, const std::vector<const Job*>& conditions, Index before)
      : costs_(costs),
        conditions_(conditions),
        tree_(job_tree(costs.spec(), conditions)),
        seen_(before),
        calibration_(costs_, seen_) {}

  ModelUnits all(const std::vector<double>& times) {
    ModelUnits result;
    CutCost start = costs_.baseline();
    start += costs_.floor();
    for (Index place = 1; place < tree_.lanes(); ++place) {
      const Index condition = tree_.lane(place) - 1;
      result.conditions.push_back(condition);
      result.units.push_back(unit(place, *conditions_[static_cast<std::size_t>(condition)],
                                  std::max(1.0, times[static_cast<std::size_t>(condition)])));
    }
    if (result.units.empty()) result.units.emplace_back();
    CutUnit& first = result.units.front();
    first.own += start;
    first.baseline = first.prefix = {};
    return result;
  }

 private:
  CutUnit unit(Index place, const Job& job, double times) {
    CutUnit unit{.baseline = costs_.baseline()};
    const Index parts = tree_.parts(place);
    const CutCost passes = passes_of(job, parts, tree_.steps());
    unit.prefix = passes_of(job, std::min(parts, job.path.first_touched()), parts);
    unit.own += passes;
    CutCost weights = add_weights(job, place - 1, unit);
    weights += passes;
    unit.own += (times - 1.0) * weights;  // of the other steps of a search
    calibration_.add(job, place - 1, unit);
    return unit;
  }

  /// Steps [from, to) of the forward pass.
  CutCost passes_of(const Job& job, Index from, Index to) const {
    const Index layers = costs_.spec().num_hidden_layers;
    CutCost cost;
    if (from == 0 && to > 0 && !job.trial.embed_tokens().empty()) cost += costs_.outer();
    for (Index step = std::max<Index>(from, 1); step < std::min(to, layers + 1); ++step) {
      cost += costs_.block(job.trial, step - 1);
      cost += costs_.inputs(job.trial, step - 1);
    }
    if (from < to && to > layers + 1) {
      cost += costs_.head();
      if (job.trial.has_own_head()) cost += costs_.own_head();
      if (!job.trial.lm_head().empty()) cost += costs_.outer();
    }
    return cost;
  }

  /// Returns the cost of all of them.
  CutCost add_weights(const Job& job, Index unit, CutUnit& to) {
    const DecoderSpec& spec = costs_.spec();
    CutCost all;
    for (Index layer = 0; layer < spec.num_hidden_layers; ++layer) {
      if (!job.path.touches_weights(layer)) continue;
      for (const LinearTensors& linear : spec.block(layer).linears) {
        const auto role = static_cast<std::size_t>(linear.role);
        const Index weight = job.path.weights[static_cast<std::size_t>(layer)][role];
        if (weight == 0) continue;
        const CutCost cost = costs_.weight(number(linear.out) * number(linear.in));
        all += cost;
        const auto key =
            static_cast<std::uint64_t>(weight * spec.num_hidden_layers + layer) * kRoleCount + role;
        seen_.add_weight(key, cost, unit, to);
      }
    }
    return all;
  }

  const Costs& costs_;
  const std::vector<const Job*>& conditions_;
  LaneTree tree_;
  Seen seen_;
  Calibration calibration_;
};

}  // namespace

ModelUnits cut_units_of(const ModelPlan& plan, const std::vector<const Job*>& conditions,
                        const StoredBytes& stored, const WorkRates& rates, Index before) {
  const Costs costs(plan, stored, rates);
  return Units(costs, conditions, before).all(times_of(plan, conditions.size()));
}

}  // namespace nf
