#pragma once

#include <optional>
#include <string>
#include <vector>

#include "eval/results/followed_searches.h"

namespace nf {

/// The value at which the metric of a search is at its target, with its interval over the text (and
/// the seeds). On the scales of the search, x = log value and y = log metric: with the slope b of y
/// between the two steps nearest to the target, one on either side where there is one,
///   estimate = x + (log target - y)/b  at the best step,
/// and the ends of the metric's 95 % interval at that step in the place of y give the ends of the
/// value's: the delta method, not made symmetric.
struct Tolerance {
  std::optional<double> estimate{};
  std::optional<double> low{}, high{};  ///< 95 %
  Index seeds = 1;
  std::string note{};  ///< why there is none, or what was assumed
};

/// The tolerance of one search, over more text with this seed. Needs a step. Without an estimate
/// unless the search has converged.
Tolerance tolerance_of(const FollowedSearch& search, const ResultRow* baseline);

/// The tolerance of the searches of one trial and sweep point, a seed each: the mean of log
/// estimates. The error for want of seeds, t[S - 1]·sd/√S of these, and that for want of text, from
/// the metric of all seeds' best steps together, are added as squares on each side (as in
/// interval_of()). Without an estimate unless all have converged.
Tolerance pooled_tolerance(const std::vector<const FollowedSearch*>& seeds,
                           const ResultRow* baseline);

}  // namespace nf
