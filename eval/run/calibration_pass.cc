#include "eval/run/calibration_pass.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "core/base/check.h"
#include "core/base/parallel.h"
#include "eval/run/calibration_lanes.h"
#include "eval/run/calibration_sources.h"
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
      return calibration.propagate == Propagate::none ? !failure.trial
                                                      : failure.trial == outcome.trial;
    };
    for (const MissingOutcome& outcome : plan_.missing()) {
      if (outcome.step <= step) continue;
      for (const NeedyStep& needy : plan_.needy_steps(outcome))
        if (is_of_lane(outcome, needy.step->calibration))
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
        return needy.step->calibration.propagate == Propagate::sites;
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
    return calibration_place(spec_, plan_, leaders_of(plan_, lanes_), outcome.trial, *needy.step,
                             needy.role, step);
  }

  /// The failure of a weight earlier in the block that the outcome would see; none: it can be made.
  std::optional<std::string> failure_before(const MissingOutcome& outcome) const {
    if (!outcome.is_weight() ||
        (!CalibrationPlan::looks_around(*outcome.chain) && !by_sites({&outcome})))
      return std::nullopt;
    const auto layer = static_cast<std::size_t>(outcome.step - 1);
    for (const Role role : spec_.roles())
      if (role < outcome.role)
        if (auto failure = results_.failure(
                keys_of(outcome.trial).weights[layer][static_cast<std::size_t>(role)]))
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
    std::vector<InputStatisticsPtr> by_step;
    for (const SiteStep& each : outcome.chain->steps) {
      const InputNeeds needs = each.distortion->input_needs(outcome.chain->site.tensor);
      by_step.push_back(
          needs.empty() ? nullptr
                        : sources.statistics(place_of(outcome, {&each, outcome.role, needs}, step),
                                             outcome.role));
    }
    results_.keep_statistics(outcome.chain->site, outcome.key, by_step);
  }

  /// Weights that look at no other side by side; then the others, by role and trial.
  void make_weights(const Outcomes& outcomes, const BlockWeights& weights,
                    CalibrationSources& sources) {
    const WeightMaker::Knowledge knowledge = [&](const ModelTrial& trial, const SiteStep& step,
                                                 Role role) {
      return sources.knowledge(trial, step, role);
    };
    WeightMaker maker(decoder_, weights.layer, knowledge, results_);
    Outcomes alone, around;
    for (const MissingOutcome* outcome : outcomes)
      if (outcome->is_weight())
        (CalibrationPlan::looks_around(*outcome->chain) ? around : alone).push_back(outcome);
    std::stable_sort(
        around.begin(), around.end(),
        [](const MissingOutcome* a, const MissingOutcome* b) { return a->role < b->role; });
    const auto make = [&](const MissingOutcome* outcome) {
      if (const auto failure = failure_before(*outcome))
        return results_.keep_failure(outcome->key, *failure);
      maker.make(*plan_.trials()[outcome->trial].trial, outcome->role, outcome->key);
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
      std::vector<InputStatisticsPtr> by_step;
      std::string problem;
      for (const SiteStep& each : outcome->chain->steps) {
        by_step.push_back(nullptr);
        const InputNeeds needs = each.distortion->input_needs(outcome->chain->site.tensor);
        if (needs.empty()) continue;
        CalibrationLanes& lanes = *lanes_[plan_.set_of(each.calibration)];
        InputGatherer gatherer(spec_, lanes.set().size());
        gatherer.want(Role::lm_head, needs);
        lanes.gather_head(lanes.group(each.calibration, outcome->trial, step - 1), gatherer);
        if (problem.empty()) problem = gatherer.problem();
        if (problem.empty()) by_step.back() = gatherer.statistics(Role::lm_head);
      }
      if (problem.empty())
        results_.keep_statistics(outcome->chain->site, outcome->key, by_step);
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
