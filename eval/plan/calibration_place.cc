#include "eval/plan/calibration_place.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "core/base/check.h"

namespace nf {
namespace {

/// Things that are to be done together, joined by names they have in common.
class Components {
 public:
  explicit Components(std::size_t count) : parent_(count) {
    std::iota(parent_.begin(), parent_.end(), std::size_t{0});
  }
  std::size_t root(std::size_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  void join(std::size_t a, std::size_t b) {
    const std::size_t x = root(a), y = root(b);
    parent_[std::max(x, y)] = std::min(x, y);
  }

 private:
  std::vector<std::size_t> parent_;
};

}  // namespace

CalibrationPlace calibration_place(const DecoderSpec& spec, const CalibrationPlan& plan,
                                   const LeaderOf& leader_of, std::size_t trial,
                                   const StepCalibration& calibration, Role role, Index at) {
  const std::size_t reference = plan.reference_of(trial);
  CalibrationPlace place{.set = plan.set_of(calibration),
                         .step = at,
                         .leader = leader_of(calibration, reference, at - 1)};
  if (calibration.propagate != Propagate::sites || !is_block_role(role)) return place;
  const auto layer = static_cast<std::size_t>(at - 1);
  for (const Role before : spec.roles())
    if (phase_of(spec, before) < phase_of(spec, role)) {
      const auto r = static_cast<std::size_t>(before);
      place.made[r] = plan.trials()[reference].path->calibrated->weights[layer][r];
    }
  return place;
}

std::vector<MissingOutcomes> made_together(
    const CalibrationPlan& plan, const MissingOutcomes& outcomes,
    const std::function<CalibrationPlace(const MissingOutcome&, const NeedyStep&)>& place_of) {
  Components components(outcomes.size());
  std::map<CalibrationPlace, std::size_t> first_of_place;
  std::map<ChainKey, std::size_t> by_key;
  for (std::size_t i = 0; i < outcomes.size(); ++i) by_key.emplace(outcomes[i]->key, i);
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const MissingOutcome& outcome = *outcomes[i];
    for (const NeedyStep& needy : plan.needy_steps(outcome))
      components.join(i, first_of_place.emplace(place_of(outcome, needy), i).first->second);
    if (!outcome.is_weight()) continue;
    const auto layer = static_cast<std::size_t>(outcome.step - 1);
    if (outcome.kind == OutcomeKind::finished) {  // from x̂
      const TrialKeys& keys = *plan.trials()[outcome.trial].path->calibrated;
      const auto made = by_key.find(keys.made[layer][static_cast<std::size_t>(outcome.role)]);
      if (made != by_key.end()) components.join(i, made->second);
    }
    if (!outcome.looks_around()) continue;
    for (const ChainKey& key :
         plan.trials()[plan.reference_of(outcome.trial)].path->calibrated->made[layer])
      if (const auto other = by_key.find(key); other != by_key.end())
        components.join(i, other->second);
  }
  std::map<std::size_t, MissingOutcomes> by_root;
  for (std::size_t i = 0; i < outcomes.size(); ++i)
    by_root[components.root(i)].push_back(outcomes[i]);
  std::vector<MissingOutcomes> all;
  for (auto& [root, together] : by_root) all.push_back(std::move(together));
  return all;
}

CalibrationTrees::CalibrationTrees(const DecoderSpec& spec, const CalibrationPlan& plan)
    : spec_(spec), plan_(plan) {
  const TrialPath untouched = TrialPath::untouched(spec);
  for (const CalibratedSet& set : plan.sets()) {
    std::vector<const TrialPath*> paths = {&untouched};
    for (const CalibratedSet::Lane& lane : set.lanes)
      paths.push_back(plan.trials()[lane.trial].path);
    trees_.emplace_back(paths);
  }
}

LaneTree::Group CalibrationTrees::group(std::size_t set, Index lane, Index step) const {
  for (const LaneTree::Group& group : trees_[set].groups(step))
    for (Index place = group.first; place < group.last; ++place)
      if (trees_[set].lane(place) == lane) return group;
  throw InternalError(fmt::format("no group at step {} has lane {}", step, lane));
}

CalibrationPlace CalibrationTrees::place(const MissingOutcome& outcome,
                                         const NeedyStep& needy) const {
  const LeaderOf leader_of = [this](const StepCalibration& calibration, std::size_t trial,
                                    Index step) {
    const std::size_t set = plan_.set_of(calibration);
    if (calibration.propagate == Propagate::none) return group(set, 0, step).first;
    const std::vector<CalibratedSet::Lane>& lanes = plan_.sets()[set].lanes;
    const auto lane = std::find_if(lanes.begin(), lanes.end(),
                                   [trial](const auto& each) { return each.trial == trial; });
    NF_CHECK(lane != lanes.end(), "trial {} has no lane", trial);
    return group(set, 1 + (lane - lanes.begin()), step).first;
  };
  return calibration_place(spec_, plan_, leader_of, outcome.trial, *needy.calibration, needy.role,
                           outcome.step);
}

}  // namespace nf
