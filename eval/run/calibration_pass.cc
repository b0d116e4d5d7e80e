#include "eval/run/calibration_pass.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "core/base/parallel.h"
#include "eval/run/calibration_lanes.h"
#include "eval/run/calibration_sources.h"
#include "eval/run/input_knowledge.h"
#include "eval/run/made_weight.h"
#include "eval/run/weight_maker.h"

namespace nf {
namespace {

class CalibrationPass {
 public:
  CalibrationPass(const Decoder& decoder, const CalibrationPlan& plan, CalibrationResults& results,
                  Index distorting_threads, const StageHooks& hooks, double value_flops)
      : decoder_(decoder),
        spec_(decoder.spec()),
        plan_(plan),
        results_(results),
        distorting_threads_(distorting_threads),
        hooks_(hooks),
        value_flops_(value_flops) {
    for (const CalibratedSet& set : plan.sets())
      lanes_.push_back(std::make_unique<CalibrationLanes>(decoder, set, plan.trials(), results,
                                                          distorting_threads, hooks));
  }

  void run() {
    for (const auto& lanes : lanes_) lanes->embed();
    const Index blocks = spec_.num_hidden_layers, last = plan_.until();
    BlockWeights weights;
    for (Index step = 1; step <= std::min(last, blocks); ++step) {
      weights = decoder_.load_block(step - 1, std::move(weights));
      if (step < std::min(last, blocks)) decoder_.prefetch_block(step);
      make(step, weights);
      if (step == last) return;
      for (const auto& lanes : lanes_) {
        lanes->pass(weights);
        for (const CalibrationLanes::Failure& failure : lanes->take_failures())
          fail(failure, lanes->set(), step);
      }
    }
    weights = {};
    if (last > blocks) keep_head(last);
  }

 private:
  using Outcomes = MissingOutcomes;

  /// Everything behind `step` that needed a lane which has failed fails with it.
  void fail(const CalibrationLanes::Failure& failure, const CalibrationSet& set, Index step) {
    const auto is_of_lane = [&](const MissingOutcome& outcome, const StepCalibration& calibration) {
      if (calibration.set->hash != set.hash) return false;
      return calibration.propagate == Propagate::none
                 ? !failure.trial
                 : failure.trial == plan_.reference_of(outcome.trial);
    };
    for (const MissingOutcome& outcome : plan_.missing()) {
      if (outcome.step <= step) continue;
      for (const NeedyStep& needy : plan_.needy_steps(outcome))
        if (is_of_lane(outcome, *needy.calibration))
          results_.keep_failure(outcome.key, failure.problem);
    }
  }

  Outcomes at_step(Index step) const {
    Outcomes outcomes;
    for (const MissingOutcome& outcome : plan_.missing())
      if (outcome.step == step && !results_.failure(outcome.key)) outcomes.push_back(&outcome);
    return outcomes;
  }
  bool by_sites(const Outcomes& outcomes) const {
    return std::any_of(outcomes.begin(), outcomes.end(), [&](const MissingOutcome* outcome) {
      const std::vector<NeedyStep> steps = plan_.needy_steps(*outcome);
      return std::any_of(steps.begin(), steps.end(), [](const NeedyStep& needy) {
        return needy.calibration->propagate == Propagate::sites;
      });
    });
  }

  /// All that is missing in a block. Where something comes through its sites, the linears that read
  /// its first norm are made, then o_proj, and so on; else all of them are gathered at once.
  void make(Index step, const BlockWeights& weights) {
    const Outcomes all = at_step(step);
    if (all.empty()) return;
    if (!by_sites(all)) return make(all, step, weights, /*in_phases=*/false);
    for (int phase = 0; phase < kPhases; ++phase) {
      Outcomes outcomes;
      for (const MissingOutcome* outcome : all) {
        if (phase_of(spec_, outcome->role) != phase) continue;
        if (const auto failure = failure_before(*outcome))
          results_.keep_failure(outcome->key, *failure);
        else
          outcomes.push_back(outcome);
      }
      make(outcomes, step, weights, /*in_phases=*/true);
    }
  }

  void make(const Outcomes& outcomes, Index step, const BlockWeights& weights, bool in_phases) {
    const auto place_of = [this](const MissingOutcome& outcome, const NeedyStep& needy) {
      return this->place_of(outcome, needy, outcome.step);
    };
    for (const Outcomes& together : made_together(plan_, outcomes, place_of))
      make_together(together, step, weights, in_phases);
  }

  const TrialKeys& keys_of(std::size_t trial) const {
    return *plan_.trials()[trial].path->calibrated;
  }
  CalibrationPlace place_of(const MissingOutcome& outcome, const NeedyStep& needy,
                            Index step) const {
    return calibration_place(spec_, plan_, leaders_of(plan_, lanes_), outcome.trial,
                             *needy.calibration, needy.role, step);
  }

  /// The failure of a weight earlier in the block that the outcome would see; none: it can be made.
  std::optional<std::string> failure_before(const MissingOutcome& outcome) const {
    if (!outcome.is_weight() || (!outcome.looks_around() && !by_sites({&outcome})))
      return std::nullopt;
    const std::size_t reference = plan_.reference_of(outcome.trial);
    const Index layer = outcome.step - 1;
    for (const Role role : spec_.roles())
      if (role < outcome.role)
        if (auto failure =
                made_failure(results_, plan_.trials()[reference].trial->weight(layer, role),
                             WeightKeys::of(keys_of(reference), layer, role)))
          return failure;
    return std::nullopt;
  }

  void make_together(const Outcomes& outcomes, Index step, const BlockWeights& weights,
                     bool in_phases) {
    CalibrationSources sources(decoder_, plan_, lanes_, results_, weights);
    for (const MissingOutcome* outcome : outcomes)
      for (const NeedyStep& needy : plan_.needy_steps(*outcome)) sources.want(*outcome, needy);
    sources.gather(/*passes=*/!in_phases);
    Outcomes good;
    for (const MissingOutcome* outcome : outcomes) {
      std::string problem;
      for (const NeedyStep& needy : plan_.needy_steps(*outcome))
        if (problem.empty()) problem = sources.problem(place_of(*outcome, needy, step));
      if (problem.empty())
        good.push_back(outcome);
      else
        results_.keep_failure(outcome->key, problem);
    }
    for (const MissingOutcome* outcome : good)
      if (!outcome->is_weight()) keep_statistics(*outcome, sources, step);
    make_weights(good, weights, sources);
  }

  void keep_statistics(const MissingOutcome& outcome, const CalibrationSources& sources,
                       Index step) {
    const auto statistics = [&](const ChainNeed& need) {
      const NeedyStep needy{need.calibration, outcome.role, need.needs};
      return sources.statistics(place_of(outcome, needy, step), outcome.role);
    };
    results_.keep_statistics(outcome.chain->site, outcome.key,
                             chain_statistics(*outcome.chain, statistics));
  }

  /// x̂ of all weights, and then the weights that are finished from it.
  void make_weights(const Outcomes& outcomes, const BlockWeights& weights,
                    CalibrationSources& sources) {
    const WeightMaker::Knowledge knowledge = [&](const ModelTrial& trial, const ChainNeed& need,
                                                 Role role) {
      return sources.knowledge(trial, need, role);
    };
    WeightMaker maker(decoder_, weights.layer, knowledge, results_);
    for (const OutcomeKind kind : {OutcomeKind::made, OutcomeKind::finished})
      make_weights(outcomes, kind, weights, maker);
  }

  /// Weights that look at no other side by side; then the others, by role and trial.
  void make_weights(const Outcomes& outcomes, OutcomeKind kind, const BlockWeights& weights,
                    WeightMaker& maker) {
    Outcomes alone, around;
    for (const MissingOutcome* outcome : outcomes)
      if (outcome->kind == kind) (outcome->looks_around() ? around : alone).push_back(outcome);
    std::stable_sort(
        around.begin(), around.end(),
        [](const MissingOutcome* a, const MissingOutcome* b) { return a->role < b->role; });
    const auto make = [&](const MissingOutcome* outcome) {
      if (const auto failure = failure_before(*outcome))
        return results_.keep_failure(outcome->key, *failure);
      const auto layer = static_cast<std::size_t>(weights.layer);
      maker.make(*plan_.trials()[outcome->trial].trial, *outcome,
                 keys_of(outcome->trial).made[layer][static_cast<std::size_t>(outcome->role)]);
      for (const LinearTensors& linear : weights.spec.linears)
        if (linear.role == outcome->role)
          hooks_.advance(value_flops_ * static_cast<double>(linear.out * linear.in));
    };
    const bool side_by_side = distorting_threads_ >= thread_count() &&
                              std::ssize(alone) >= thread_count() && thread_count() > 1;
    if (side_by_side)
      hooks_.share(std::ssize(alone), [&](Index i) { make(alone[static_cast<std::size_t>(i)]); });
    else
      around.insert(around.begin(), alone.begin(), alone.end());
    for (const MissingOutcome* outcome : around) {
      if (hooks_.should_stop()) throw Interrupted();
      make(outcome);
    }
  }

  /// Statistics of the head's input.
  void keep_head(Index step) {
    for (const MissingOutcome* outcome : at_step(step)) {
      std::string problem;
      const auto statistics = [&](const ChainNeed& need) -> InputStatisticsPtr {
        CalibrationLanes& lanes = *lanes_[plan_.set_of(*need.calibration)];
        InputGatherer gatherer(spec_, lanes.set().size());
        gatherer.want(Role::lm_head, need.needs);
        const std::size_t reference = plan_.reference_of(outcome->trial);
        lanes.gather_head(lanes.group(*need.calibration, reference, step - 1), gatherer);
        if (problem.empty()) problem = gatherer.problem();
        return problem.empty() ? gatherer.statistics(Role::lm_head) : nullptr;
      };
      const std::vector<InputStatisticsPtr> all = chain_statistics(*outcome->chain, statistics);
      if (problem.empty())
        results_.keep_statistics(outcome->chain->site, outcome->key, all);
      else
        results_.keep_failure(outcome->key, problem);
    }
  }

  const Decoder& decoder_;
  const DecoderSpec& spec_;
  const CalibrationPlan& plan_;
  CalibrationResults& results_;
  Index distorting_threads_;
  const StageHooks& hooks_;
  double value_flops_;
  std::vector<std::unique_ptr<CalibrationLanes>> lanes_;  ///< by set of the plan
};

}  // namespace

void run_calibration(const Decoder& decoder, const CalibrationPlan& plan,
                     CalibrationResults& results, Index distorting_threads, const StageHooks& hooks,
                     double value_flops) {
  if (!plan.empty())
    CalibrationPass(decoder, plan, results, distorting_threads, hooks, value_flops).run();
}

}  // namespace nf
