#include "eval/stats/equivalence.h"

#include <algorithm>
#include <cmath>

namespace nf {
namespace {

/// The least tail at which the interval lies on that side of 0; 1 where it holds 0 at any.
double one_sided_p(const IntervalAtTail& interval, bool above) {
  const auto is_outside = [&](double tail) {
    const Interval at_tail = interval(tail);
    return above ? at_tail.low > 0.0 : at_tail.high < 0.0;
  };
  constexpr double kLeastTail = 1e-16;
  constexpr int kHalvings = 32;
  double holds = kLeastTail, excludes = 0.5;
  if (!is_outside(excludes)) return 1.0;
  if (is_outside(holds)) return kLeastTail;
  for (int i = 0; i < kHalvings; ++i) {  // in the logarithm: a small p keeps its digits
    const double middle = std::sqrt(holds * excludes);
    (is_outside(middle) ? excludes : holds) = middle;
  }
  return excludes;
}

}  // namespace

EquivalenceTest test_equivalence(const IntervalAtTail& to_lower, const IntervalAtTail& to_upper) {
  const double above_lower = one_sided_p(to_lower, true);
  const double below_upper = one_sided_p(to_upper, false);
  const double beyond = std::min(one_sided_p(to_lower, false), one_sided_p(to_upper, true));
  return {.p_same = std::max(above_lower, below_upper), .p_different = std::min(1.0, 2.0 * beyond)};
}

std::optional<EquivalenceTest> equivalence_of_ratio(const RatioRows& rows, double share) {
  const MeanDifference lower = difference_at(rows, 1.0 / (1.0 + share));
  const MeanDifference upper = difference_at(rows, 1.0 + share);
  if (!why_no_interval(lower).empty() || !why_no_interval(upper).empty()) return std::nullopt;
  return test_equivalence([&](double tail) { return *interval_of(lower, tail); },
                          [&](double tail) { return *interval_of(upper, tail); });
}

std::optional<EquivalenceTest> equivalence_of_difference(const MeanDifference& difference,
                                                         double margin) {
  if (!why_no_interval(difference).empty()) return std::nullopt;
  const auto shifted = [&difference](double by) {
    return [&difference, by](double tail) {
      const Interval interval = *interval_of(difference, tail);
      return Interval{interval.low + by, interval.high + by};
    };
  };
  return test_equivalence(shifted(margin), shifted(-margin));
}

}  // namespace nf
