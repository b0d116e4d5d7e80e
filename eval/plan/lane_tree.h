#pragma once

#include <span>
#include <vector>

#include "eval/plan/trial_path.h"

namespace nf {

/// Lanes as paths over the steps of a forward pass (embedding, blocks, head). Lanes to which the
/// same has happened so far are one group and computed once; the baseline is the root's path.
///
/// The lanes are put into an order in which those with most in common stand together (their paths
/// in lexical order, the baseline first). Then a group is a run of places, and one number for each
/// place describes the whole tree: the step at which it parts from the place before it.
class LaneTree {
 public:
  /// Places [first, last) that are one at some step. The first leads: it holds the hidden states.
  struct Group {
    Index first = 0;
    Index last = 0;
    Index size() const { return last - first; }
  };

  /// paths: of the lanes, the first being the baseline's; all of one PathNumbers.
  explicit LaneTree(std::span<const TrialPath* const> paths);

  Index lanes() const { return static_cast<Index>(order_.size()); }
  Index steps() const { return steps_; }
  /// The lane that stands at a place; place 0 is the baseline's.
  Index lane(Index place) const { return order_[static_cast<std::size_t>(place)]; }
  /// All lanes in the order of the places.
  const std::vector<Index>& order() const { return order_; }
  /// First step at which a place has another path than the place before it; 0 for the first, the
  /// number of steps where it never parts.
  Index parts(Index place) const { return parts_[static_cast<std::size_t>(place)]; }
  /// The groups at a step, in order.
  std::vector<Group> groups(Index step) const;
  /// Number of groups that have to be computed at a step. with_baseline: the baseline itself is
  /// wanted; otherwise it is only computed for the lanes that still share its path.
  Index passes(Index step, bool with_baseline) const;

 private:
  Index steps_ = 0;
  std::vector<Index> order_, parts_;
};

}  // namespace nf
