#include "eval/run/calibration_sources.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "core/base/check.h"
#include "eval/run/made_weight.h"

namespace nf {

LeaderOf leaders_of(const CalibrationPlan& plan, const CalibrationSetLanes& lanes) {
  return [&](const StepCalibration& calibration, std::size_t trial, Index step) {
    return lanes[plan.set_of(calibration)]->group(calibration, trial, step).first;
  };
}

CalibrationSources::CalibrationSources(const Decoder& decoder, const CalibrationPlan& plan,
                                       const CalibrationSetLanes& lanes,
                                       const CalibrationResults& results,
                                       const BlockWeights& weights)
    : decoder_(decoder), plan_(plan), lanes_(lanes), results_(results), weights_(weights) {}

CalibrationPlace CalibrationSources::place_of(std::size_t trial, const StepCalibration& calibration,
                                              Role role) const {
  return calibration_place(decoder_.spec(), plan_, leaders_of(plan_, lanes_), trial, calibration,
                           role, weights_.layer + 1);
}

void CalibrationSources::want(const MissingOutcome& outcome, const NeedyStep& needy) {
  const CalibrationPlace place = place_of(outcome.trial, *needy.calibration, needy.role);
  Source& source = sources_[place];
  if (!source.gatherer) {
    source.lanes = lanes_[place.set].get();
    const std::size_t reference = plan_.reference_of(outcome.trial);
    source.group = source.lanes->group(*needy.calibration, reference, weights_.layer);
    source.packed = weights_.packed;
    for (const Role role : decoder_.spec().roles())
      if (!place.made[static_cast<std::size_t>(role)].is_nothing())
        source.packed[role] = made_weight(reference, role);
    source.gatherer = std::make_unique<InputGatherer>(decoder_.spec(), source.lanes->set().size());
  }
  source.gatherer->want(needy.role, needy.needs);
}

void CalibrationSources::gather(bool passes) {
  for (auto& [place, source] : sources_) {
    source.lanes->gather(source.group, weights_, source.packed, passes, *source.gatherer);
    source.packed = {};
  }
}

std::string CalibrationSources::problem(const CalibrationPlace& place) const {
  const Source& source = sources_.at(place);
  const std::string& problem = source.gatherer->problem();
  if (problem.empty()) return {};
  return fmt::format("calibration set '{}': layers.{}: {}", source.lanes->set().name,
                     weights_.layer, problem);
}

const InputStatisticsPtr& CalibrationSources::statistics(const CalibrationPlace& place,
                                                         Role role) const {
  return sources_.at(place).gatherer->statistics(role);
}

std::size_t CalibrationSources::number_of(const ModelTrial& trial) const {
  const auto trials = plan_.trials();
  const auto at = std::find_if(trials.begin(), trials.end(),
                               [&trial](const auto& each) { return each.trial == &trial; });
  NF_CHECK(at != trials.end(), "a trial that is not calibrated");
  return static_cast<std::size_t>(at - trials.begin());
}

StepKnowledge CalibrationSources::knowledge(const ModelTrial& trial, const ChainNeed& need,
                                            Role role) {
  const std::size_t number = number_of(trial);
  Source& source = sources_.at(place_of(number, *need.calibration, role));
  StepKnowledge known{.inputs = source.gatherer->statistics(role).get()};
  if (need.needs.replay) known.replay = replay(source, plan_.reference_of(number), role);
  return known;
}

/// A weight of the block as a trial has it.
PackedWeight CalibrationSources::made_weight(std::size_t trial, Role role) {
  const ModelTrial& model_trial = *plan_.trials()[trial].trial;
  const SiteChain& chain = model_trial.weight(weights_.layer, role);
  if (chain.empty()) return weights_.packed[role];
  const WeightKeys keys =
      WeightKeys::of(*plan_.trials()[trial].path->calibrated, weights_.layer, role);
  if (std::exchange(made_of_, trial) != trial) made_.clear();
  const auto known = made_.find(role);
  if (known != made_.end()) return known->second;
  const auto linear = std::find_if(weights_.spec.linears.begin(), weights_.spec.linears.end(),
                                   [role](const LinearTensors& one) { return one.role == role; });
  const bool is_there = !chain.input_needs().empty();
  if (is_there && made_failure(results_, chain, keys))
    return weights_.packed[role];  // the trial ends at this block
  Matrix weight(linear->out, linear->in), made(linear->out, linear->in);
  decoder_.read_weight(weights_.layer, role, weight);
  if (is_there)
    read_made_weight(results_, chain, model_trial.seed(), keys, weight, made);
  else
    chain.apply(weight, {.context = {.seed = model_trial.seed()}}, made);
  return made_.emplace(role, pack_weight(made, {}, decoder_.multiplication())).first->second;
}

const SublayerReplay* CalibrationSources::replay(Source& source, std::size_t trial, Role role) {
  source.made = weights_.packed;
  for (const Role before : decoder_.spec().roles()) {
    if (before == role) break;
    source.made[before] = made_weight(trial, before);
  }
  if (!source.replay) {
    std::vector<BlockReplay::Batch> batches;
    for (const Batch& batch : source.lanes->rows().batches)
      batches.push_back(
          {.layout = batch.layout,
           .attention = source.gatherer->kept(Role::q_proj, batch.first, batch.rows()),
           .mlp = source.gatherer->kept(Role::up_proj, batch.first, batch.rows())});
    const double outputs =
        BlockReplay::output_bytes(decoder_.spec(), source.lanes->set().size().tokens);
    source.replay =
        std::make_unique<BlockReplay>(decoder_, weights_, source.made, std::move(batches), outputs);
  }
  return source.replay.get();
}

}  // namespace nf
