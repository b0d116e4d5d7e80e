#include "eval/plan/calibration_plan.h"

#include <algorithm>

#include "core/base/check.h"

namespace nf {
namespace {

void add_steps(const std::vector<ChainNeed>& needs, Role role, std::vector<NeedyStep>& steps) {
  for (const ChainNeed& need : needs)
    steps.push_back({.calibration = need.calibration, .role = role, .needs = need.needs});
}

}  // namespace

int phase_of(const DecoderSpec& spec, Role role) {
  const bool reads_mlp_norm = role == Role::gate_proj || role == Role::up_proj;
  if (!is_block_role(role) || spec.input_owner(role) == spec.input_owner(Role::q_proj)) return 0;
  if (reads_mlp_norm) return spec.form == BlockForm::parallel ? 0 : 2;
  return role == Role::o_proj ? 1 : 3;
}

Index CalibratedSet::until() const {
  Index until = root_until;
  for (const Lane& lane : lanes) until = std::max(until, lane.until);
  return until;
}

CalibrationPlan::CalibrationPlan(const DecoderSpec& spec, std::span<const CalibratedTrial> trials,
                                 const HasOutcome& has)
    : spec_(spec), trials_(trials.begin(), trials.end()) {
  for (std::size_t trial = 0; trial < trials_.size(); ++trial)  // grows on the way
    references_.push_back(find_reference(trial));
  missing_ = missing_outcomes(spec, trials_, has);
  for (const MissingOutcome& outcome : missing_) add(outcome);
}

std::size_t CalibrationPlan::find_reference(std::size_t trial) {
  const TrialPath* path = trials_[trial].path->reference.get();
  if (path == nullptr) return trial;
  // By keys: the numbers of paths mean something among those of one PathNumbers only.
  const auto same = std::find_if(trials_.begin(), trials_.end(), [path](const auto& each) {
    const TrialKeys* keys = each.path->calibrated.get();
    return keys != nullptr && keys->steps == path->calibrated->steps;
  });
  const auto reference = static_cast<std::size_t>(same - trials_.begin());
  if (same == trials_.end()) trials_.push_back({&trials_[trial].trial->reference(), path});
  return reference;
}

void CalibrationPlan::add(const MissingOutcome& outcome) {
  const std::size_t reference = reference_of(outcome.trial);
  for (const NeedyStep& needy : needy_steps(outcome)) {
    const StepCalibration& calibration = *needy.calibration;
    NF_CHECK(calibration.set != nullptr, "{}: no calibration set", outcome.chain->site.name());
    auto at = std::find_if(sets_.begin(), sets_.end(), [&](const CalibratedSet& set) {
      return set.set->hash == calibration.set->hash;
    });
    if (at == sets_.end()) at = sets_.insert(at, {.set = calibration.set});
    if (calibration.propagate == Propagate::none) {
      at->root_until = std::max(at->root_until, outcome.step);
      continue;
    }
    const auto lane =
        std::find_if(at->lanes.begin(), at->lanes.end(),
                     [reference](const auto& each) { return each.trial == reference; });
    if (lane == at->lanes.end())
      at->lanes.push_back({.trial = reference, .until = outcome.step});
    else
      lane->until = std::max(lane->until, outcome.step);
  }
}

std::size_t CalibrationPlan::set_of(const StepCalibration& calibration) const {
  const auto at = std::find_if(sets_.begin(), sets_.end(), [&](const CalibratedSet& set) {
    return set.set->hash == calibration.set->hash;
  });
  NF_CHECK(at != sets_.end(), "calibration set '{}' is no part of the pass", calibration.set->name);
  return static_cast<std::size_t>(at - sets_.begin());
}

std::vector<NeedyStep> CalibrationPlan::needy_steps(const MissingOutcome& outcome) const {
  std::vector<NeedyStep> steps;
  add_steps(outcome.needs(), outcome.role, steps);
  if (outcome.choosing_steps().empty()) return steps;
  const ModelTrial& trial = *trials_[outcome.trial].trial;
  for (const Role role : spec_.roles())
    if (role != outcome.role && spec_.input_owner(role) == spec_.input_owner(outcome.role))
      add_steps(trial.weight(outcome.step - 1, role).making_needs(), role, steps);
  return steps;
}

}  // namespace nf
