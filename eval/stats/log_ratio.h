#pragma once

#include <optional>
#include <string>

#include "eval/stats/mean_ratio.h"

namespace nf {

/// Mean of the second over mean of the first, with an interval and a test of its logarithm.
struct LogRatio {
  std::optional<double> ratio{};       ///< none where one of the means is not above 0
  std::optional<Interval> interval{};  ///< of the ratio; none: `note` says why
  std::optional<double> p{};           ///< two-sided, against 1; where there is an interval
  std::string note{};                  ///< why there is no interval, or what it is
};

/// The interval is that of ln m2 - ln m1, whose linearised residuals are
/// r2/m2 - r1/m1 with those of the means (estimate_mean()): what makes a block hard for both drops
/// out. Seeds enter as in a difference. It differs from ratio_of_means() in being symmetric in the
/// two, and in that it always has two ends; where the first mean is known badly, that one says so.
LogRatio log_ratio_of_means(const RatioRows& rows);

}  // namespace nf
