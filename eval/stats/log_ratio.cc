#include "eval/stats/log_ratio.h"

#include <cmath>

#include "eval/stats/confidence_sequence.h"

namespace nf {
namespace {

double mean_of(const std::vector<BlockSums>& rows) { return estimate_mean(rows).mean; }

/// ln m2 - ln m1 and its reach. difference: second - ratio·first, whose blocks are the residuals
/// times the second mean.
Interval log_interval(const MeanDifference& difference, double ratio, double second, double tail) {
  const Interval about = interval_of(difference, tail).value_or(Interval{});
  const double logarithm = std::log(ratio), centre = difference.mean.mean;
  return {.low = logarithm + (about.low - centre) / second,
          .high = logarithm + (about.high - centre) / second};
}

}  // namespace

LogRatio log_ratio_of_means(const RatioRows& rows) {
  const double first = mean_of(rows.first), second = mean_of(rows.second);
  if (!(first > 0.0)) return {.note = "the mean it is divided by is 0"};
  if (!(second > 0.0)) return {.note = "the mean is 0"};
  const double ratio = second / first;
  const MeanDifference difference = difference_at(rows, ratio);
  LogRatio result{.ratio = ratio, .note = why_no_interval(difference)};
  if (!result.note.empty()) return result;
  const auto at = [&](double tail) { return log_interval(difference, ratio, second, tail); };
  constexpr double kTail = 0.025;
  const Interval interval = at(kTail);
  result.interval = {.low = std::exp(interval.low), .high = std::exp(interval.high)};
  result.p = p_value(at);
  result.note = rows.watched ? kSequenceNote : why_rough(difference.text);
  return result;
}

}  // namespace nf
