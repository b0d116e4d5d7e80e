#pragma once

#include <functional>
#include <optional>

#include "eval/stats/mean_ratio.h"

namespace nf {

/// Whether two trials are the same within a margin, or differ by more than that. At most one of the
/// two can be shown.
struct EquivalenceTest {
  /// Two one-sided tests (Schuirmann, J. Pharmacokinet. Biopharm. 15, 1987): the greater of their
  /// p. Below 0.05 exactly where the 90 % interval lies within the margin.
  double p_same = 1.0;
  /// Two-sided, of the null that the true value lies within the margin: below 0.05 exactly where
  /// the 95 % interval lies wholly outside.
  double p_different = 1.0;

  double least_p() const { return p_same < p_different ? p_same : p_different; }
};

/// interval: of the difference to the margin's lower or upper end, leaving `tail` out on each side.
using IntervalAtTail = std::function<Interval(double tail)>;
EquivalenceTest test_equivalence(const IntervalAtTail& to_lower, const IntervalAtTail& to_upper);

/// The same within a share of each other: the ratio of the means lies between 1/(1 + share) and 1 +
/// share, so that neither is greater by more, whichever of the two comes first. None where a
/// difference has no interval.
std::optional<EquivalenceTest> equivalence_of_ratio(const RatioRows& rows, double share);
/// The same within `margin`: the difference lies between -margin and margin.
std::optional<EquivalenceTest> equivalence_of_difference(const MeanDifference& difference,
                                                         double margin);

}  // namespace nf
