#include "eval/run/lane_states.h"

#include <algorithm>
#include <map>
#include <set>

#include "core/ops/elementwise.h"

namespace nf {

LaneStates::LaneStates(const StageRun& stage, std::span<const Lane> lanes, bool root_wanted)
    : stage_(stage), paths_(paths_of(lanes, stage.spec())), tree_(tree_of(paths_)) {
  for (const Index lane : tree_.order()) {
    LaneState state{.path = &paths_[static_cast<std::size_t>(lane)]};
    if (lane > 0) {
      state.trial = lanes[static_cast<std::size_t>(lane - 1)].trial;
      state.weight_stats = lanes[static_cast<std::size_t>(lane - 1)].weight_stats;
      state.profiled = lanes[static_cast<std::size_t>(lane - 1)].profiled;
    }
    states_.push_back(std::move(state));
  }
  at(0).wanted = root_wanted;
  if (root_wanted) at(0).profiled = stage.gather.baseline_profiled;
}

std::vector<TrialPath> LaneStates::paths_of(std::span<const Lane> lanes, const DecoderSpec& spec) {
  PathNumbers numbers;
  std::vector<TrialPath> paths = {TrialPath::untouched(spec)};
  for (const Lane& lane : lanes) paths.push_back(numbers.path(*lane.trial, spec));
  return paths;
}

LaneTree LaneStates::tree_of(const std::vector<TrialPath>& paths) {
  std::vector<const TrialPath*> pointers;
  for (const TrialPath& path : paths) pointers.push_back(&path);
  return LaneTree(pointers);
}

MatrixView LaneStates::hidden(const Group& group, const Batch& batch) {
  return hidden(group.first, batch);
}

MatrixView LaneStates::hidden(Index place, const Batch& batch) {
  return at(place).hidden.view().middle_rows(batch.first, batch.rows());
}

bool LaneStates::is_wanted(const Group& group) const {
  for (Index place = group.first; place < group.last; ++place)
    if (at(place).wanted) return true;
  return false;
}

void LaneStates::begin(const Group& group) {
  leader(group).hidden.resize(stage_.rows.total_rows, stage_.spec().hidden_size);
}

std::vector<LaneStates::Group> LaneStates::part(Index step) {
  std::vector<Group> groups = tree_.groups(step);
  std::vector<Parting> begin_now = partings(step, groups);
  for (const Parting& parting : begin_now) at(parting.to).problem = at(parting.from).problem;
  std::set<Index> wanted;  // leaders
  for (const Group& group : groups)
    if (is_wanted(group)) wanted.insert(group.first);
  std::erase_if(begin_now, [&](const Parting& parting) {
    return has_ended(parting.from) || !wanted.contains(parting.to);
  });
  // The last group that parts from one which goes no further takes over its memory.
  std::map<Index, Index> heirs;
  for (const Parting& parting : begin_now)
    if (!wanted.contains(parting.from)) heirs[parting.from] = parting.to;
  std::erase_if(begin_now, [&](const Parting& parting) {
    const auto heir = heirs.find(parting.from);
    return heir != heirs.end() && heir->second == parting.to;
  });
  copy_hidden(begin_now);
  for (const auto& [from, to] : heirs) at(to).hidden = std::move(at(from).hidden);
  for (const Group& group : groups)
    if (!wanted.contains(group.first)) leader(group).hidden = {};
  std::erase_if(groups, [&](const Group& group) {
    return !wanted.contains(group.first) || has_ended(group);
  });
  return groups;
}

std::vector<LaneStates::Parting> LaneStates::partings(Index step,
                                                      const std::vector<Group>& groups) const {
  std::vector<Parting> partings;
  Index leader = 0;  // of the group before the step
  for (const Group& group : groups) {
    if (group.first == 0 || tree_.parts(group.first) < step)
      leader = group.first;
    else
      partings.push_back({leader, group.first});
  }
  return partings;
}

void LaneStates::copy_hidden(const std::vector<Parting>& partings) {
  for (const Parting& parting : partings)
    at(parting.to).hidden.resize(stage_.rows.total_rows, stage_.spec().hidden_size);
  stage_.each_batch(std::ssize(partings), [&](Index i, Index b) {
    const Parting& parting = partings[static_cast<std::size_t>(i)];
    const MatrixView from = hidden(parting.from, stage_.rows.batch(b));
    std::copy_n(from.data(), from.size(), hidden(parting.to, stage_.rows.batch(b)).data());
  });
}

void LaneStates::note(const Group& group, ItemProblem problem) {
  if (!problem.exists()) return;
  problem.text = fmt::format("{}: {}", stage_.set.name(problem.item), problem.text);
  if (group.first == 0 && !stage_.on_calibration_set) throw_root_failure(problem.text);
  leader(group).problem.join(std::move(problem));
  if (has_ended(group)) leader(group).hidden = {};
}

void LaneStates::note_of_all(const Group& group, const std::string& problem) {
  if (problem.empty()) return;
  if (group.first == 0) throw_root_failure(problem);
  leader(group).problem.join({stage_.stage.items.front(), problem});
  leader(group).hidden = {};
}

bool LaneStates::has_ended(Index place) const {
  return at(place).problem.exists() && at(place).problem.item == stage_.stage.items.front();
}

void LaneStates::clear_failed_items(const Group& group) {
  const ItemProblem& problem = leader(group).problem;
  if (!problem.exists() || has_ended(group)) return;
  for (const Batch& batch : stage_.rows.batches)
    for (const ItemRows& item : batch.items)
      if (item.item >= problem.item) {
        const MatrixView states = hidden(group, batch).middle_rows(item.first, item.rows);
        std::fill_n(states.data(), states.size(), 0.0f);
      }
}

void LaneStates::throw_root_failure(const std::string& problem) const {
  throw NumericError(fmt::format("{}: the untouched model fails: {}",
                                 stage_.decoder.checkpoint().dir().string(), problem));
}

void LaneStates::add_sites(const Group& group, const std::vector<SiteStats>& sites) {
  for (Index i = group.first; i < group.last; ++i)
    for (const SiteStats& site : sites) add_site(site, at(i).sites);
}

void LaneStates::add_weight_sites(const Group& group, const std::vector<SiteStats>& sites) {
  for (Index i = group.first; i < group.last; ++i)
    if (at(i).weight_stats)
      for (const SiteStats& site : sites) add_site(site, at(i).sites);
}

std::vector<Index> LaneStates::profiled(const Group& group) const {
  std::set<Index> windows;
  for (Index i = group.first; i < group.last; ++i)
    windows.insert(at(i).profiled.begin(), at(i).profiled.end());
  return {windows.begin(), windows.end()};
}

void LaneStates::add_profile(const Group& group, Index window, const ProfileParts& seen) {
  for (Index i = group.first; i < group.last; ++i)
    if (std::binary_search(at(i).profiled.begin(), at(i).profiled.end(), window))
      at(i).profile.merge(seen);
}

ItemProblem hidden_problem(Index layer, const Batch& batch, ConstMatrixView hidden) {
  const Index bad = first_non_finite(hidden);
  if (bad < 0) return {};
  const Index row = bad / hidden.cols();
  const auto item = std::find_if(batch.items.rbegin(), batch.items.rend(),
                                 [row](const ItemRows& each) { return each.first <= row; });
  return {item->item,
          fmt::format("layers.{}: hidden state at position {}, feature {} is not finite", layer,
                      row - item->first, bad % hidden.cols())};
}

}  // namespace nf
