#include "eval/run/calibration_lanes.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/base/check.h"

namespace nf {

CalibrationLanes::CalibrationLanes(const Decoder& decoder, const CalibratedSet& set,
                                   std::span<const CalibratedTrial> trials,
                                   const CalibrationResults& results, Index distorting_threads,
                                   const StageHooks& hooks)
    : set_(set),
      items_(items_of(*set.set)),
      stage_(0, items_.count()),
      rows_(items_, stage_),
      run_{decoder, items_, stage_, rows_, StatsMode::none, hooks, &results, true},
      lanes_(lanes_of(set, trials)),
      states_(run_, lanes_, set.root_until > 0),
      blocks_(run_, states_, distorting_threads, /*wants_weight_stats=*/false),
      place_of_lane_(lanes_.size() + 1) {
  for (Index place = 0; place < states_.tree().lanes(); ++place)
    place_of_lane_[static_cast<std::size_t>(states_.tree().lane(place))] = place;
}

EvalSet CalibrationLanes::items_of(const CalibrationSet& set) {
  EvalSet items{.items = set.items, .names = {}, .windows = std::ssize(set.items)};
  for (Index i = 0; i < items.windows; ++i)
    items.names.push_back(fmt::format("calibration set '{}': window {}", set.name, i));
  return items;
}

std::vector<Lane> CalibrationLanes::lanes_of(const CalibratedSet& set,
                                             std::span<const CalibratedTrial> trials) {
  std::vector<Lane> lanes;
  for (const CalibratedSet::Lane& lane : set.lanes)
    lanes.push_back({.trial = trials[lane.trial].trial});
  return lanes;
}

CalibrationLanes::Group CalibrationLanes::group(const StepCalibration& calibration,
                                                std::size_t trial, Index step) const {
  Index place = 0;
  if (calibration.propagate != Propagate::none) {
    const auto lane = std::find_if(set_.lanes.begin(), set_.lanes.end(),
                                   [trial](const auto& each) { return each.trial == trial; });
    NF_CHECK(lane != set_.lanes.end(), "trial {} has no lane", trial);
    place = place_of_lane_[static_cast<std::size_t>(lane - set_.lanes.begin()) + 1];
  }
  for (const Group& group : states_.tree().groups(step))
    if (group.first <= place && place < group.last) return group;
  throw InternalError(fmt::format("no group at step {} has place {}", step, place));
}

Index CalibrationLanes::until(Index place) const {
  const Index lane = states_.tree().lane(place);
  return lane == 0 ? set_.root_until : set_.lanes[static_cast<std::size_t>(lane - 1)].until;
}

CalibrationLanes::Group CalibrationLanes::untouched_part(const Group& group, Index step) const {
  for (const Group& part : states_.tree().groups(step)) {
    if (part.first < group.first || part.last > group.last) continue;
    if (states_.at(part.first).path->steps[static_cast<std::size_t>(step)] != 0) continue;
    for (Index place = part.first; place < part.last; ++place)
      if (until(place) > step) return part;
  }
  return {};
}

bool CalibrationLanes::others_go_on(const Group& group, const Group& without, Index step) const {
  for (Index place = group.first; place < group.last; ++place)
    if ((place < without.first || place >= without.last) && until(place) > step) return true;
  return false;
}

void CalibrationLanes::gather(const Group& group, const BlockWeights& weights,
                              const PackedLinears& packed, bool passes, InputGatherer& gatherer) {
  const Index step = weights.layer + 1;
  const Group untouched = passes ? untouched_part(group, step) : Group{};
  const bool in_place = untouched.size() > 0 && !others_go_on(group, untouched, step);
  Matrix behind;  // of all windows, or of a batch
  if (untouched.size() > 0 && !in_place) behind.resize(rows_.total_rows, run_.spec().hidden_size);
  ItemProblem problem;
  for (const Batch& batch : rows_.batches) {
    if (run_.hooks.should_stop()) throw Interrupted();
    MatrixView hidden = states_.hidden(group, batch);
    if (!in_place) {
      if (untouched.size() == 0) behind.resize(hidden.rows(), hidden.cols());
      const MatrixView copy =
          behind.view().middle_rows(untouched.size() == 0 ? 0 : batch.first, hidden.rows());
      std::copy_n(hidden.data(), hidden.size(), copy.data());
      hidden = copy;
    }
    gatherer.begin(batch);
    run_.decoder.run(weights, packed, batch.layout, nullptr, hidden, &gatherer);
    if (untouched.size() > 0) problem.join(hidden_problem(weights.layer, batch, hidden));
    run_.hooks.advance(block_flops(run_.spec(), batch.layout) + gatherer.flops(batch.rows()));
  }
  gatherer.finish(run_.decoder, weights.layer);
  if (untouched.size() == 0) return;
  if (in_place) behind = {};
  passed_.emplace(untouched.first, Passed{std::move(behind), std::move(problem)});
}

void CalibrationLanes::gather_head(const Group& group, InputGatherer& gatherer) {
  for (const Batch& batch : rows_.batches) {
    if (run_.hooks.should_stop()) throw Interrupted();
    const MatrixView hidden = states_.hidden(group, batch);
    Matrix normed(hidden.rows(), hidden.cols());
    std::copy_n(hidden.data(), hidden.size(), normed.data());
    run_.decoder.final_norm(normed);
    gatherer.begin(batch);
    if (gatherer.wants(Role::lm_head)) gatherer.see(Role::lm_head, normed);
    run_.hooks.advance(gatherer.flops(batch.rows()));
  }
  gatherer.finish(run_.decoder, run_.spec().num_hidden_layers);
}

void CalibrationLanes::pass(const BlockWeights& weights) {
  const Index step = weights.layer + 1;
  for (Index place = 0; place < states_.tree().lanes(); ++place)
    if (until(place) <= step) states_.finish(place);
  std::vector<Group> groups = states_.part(step);
  std::erase_if(groups, [this](const Group& group) {
    const auto passed = passed_.find(group.first);
    if (passed == passed_.end()) return false;
    auto& [behind, problem] = passed->second;
    if (!behind.empty()) states_.leader(group).hidden = std::move(behind);
    states_.note(group, std::move(problem));
    return true;
  });
  passed_.clear();
  blocks_.pass(weights, groups);
  note_failures(step);
}

/// A lane that has failed on any window goes no further: statistics are of the whole set.
void CalibrationLanes::note_failures(Index step) {
  for (const Group& group : states_.tree().groups(step)) {
    const ItemProblem& problem = states_.leader(group).problem;
    if (!problem.exists()) continue;
    for (Index place = group.first; place < group.last; ++place) {
      const Index lane = states_.tree().lane(place);
      if (!states_.at(place).wanted) continue;
      states_.finish(place);
      if (lane == 0)
        failures_.push_back({{}, "the untouched model fails: " + problem.text});
      else
        failures_.push_back({set_.lanes[static_cast<std::size_t>(lane - 1)].trial, problem.text});
    }
  }
}

}  // namespace nf
