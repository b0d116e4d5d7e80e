#include "eval/plan/lane_tree.h"

#include <algorithm>
#include <numeric>

#include "core/base/check.h"

namespace nf {

LaneTree::LaneTree(std::span<const TrialPath* const> paths)
    : steps_(std::ssize(paths.front()->steps)), order_(paths.size()), parts_(paths.size(), 0) {
  NF_CHECK(paths.front()->first_touched() == steps_, "the first of {} lanes is no baseline",
           paths.size());
  const auto steps_of = [&paths](Index lane) -> const std::vector<Index>& {
    return paths[static_cast<std::size_t>(lane)]->steps;
  };
  std::iota(order_.begin(), order_.end(), Index{0});
  std::stable_sort(order_.begin(), order_.end(),
                   [&](Index a, Index b) { return steps_of(a) < steps_of(b); });
  for (std::size_t place = 1; place < order_.size(); ++place) {
    const std::vector<Index>&before = steps_of(order_[place - 1]), &own = steps_of(order_[place]);
    parts_[place] = std::mismatch(own.begin(), own.end(), before.begin()).first - own.begin();
  }
}

std::vector<LaneTree::Group> LaneTree::groups(Index step) const {
  std::vector<Group> groups;
  for (Index place = 0; place < lanes(); ++place) {
    if (place == 0 || parts(place) <= step) groups.push_back({place, place});
    groups.back().last = place + 1;
  }
  return groups;
}

Index LaneTree::passes(Index step, bool with_baseline) const {
  Index groups = 1;
  for (Index place = 1; place < lanes(); ++place)
    if (parts(place) <= step) ++groups;
  const bool alone = lanes() == 1 || parts(1) <= step;
  return alone && !with_baseline ? groups - 1 : groups;
}

}  // namespace nf
