#include "eval/stats/mean_ratio.h"

#include <boost/math/tools/toms748_solve.hpp>
#include <cmath>
#include <functional>

namespace nf {
namespace {

std::vector<BlockSums> scaled(std::vector<BlockSums> rows, double factor) {
  for (BlockSums& row : rows) {
    for (BlockSum& block : row) {
      block.sum *= factor;
      block.rounding = std::abs(factor) * block.rounding + kUnitRoundoff * std::abs(block.sum);
    }
  }
  return rows;
}

double mean_of(const std::vector<BlockSums>& rows) {
  double sum = 0.0, tokens = 0.0;
  for (const BlockSums& row : rows) {
    for (const BlockSum& block : row) {
      sum += block.sum;
      tokens += block.tokens;
    }
  }
  return sum / tokens;
}

/// The interval of the difference at a ratio; a point where its blocks are equal there.
Interval interval_at(const RatioRows& rows, double ratio, double tail) {
  const MeanDifference difference = difference_at(rows, ratio);
  const double mean = difference.mean.mean;
  return interval_of(difference, tail).value_or(Interval{mean, mean});
}

/// The place between two ratios where `end` changes its sign; the two must lie on either side.
double crossing(const std::function<double(double)>& end, double low, double high) {
  constexpr int kDigits = 40;  // bits: far more than the interval is worth
  std::uintmax_t steps = 60;
  const auto bracket = boost::math::tools::toms748_solve(
      end, low, high, boost::math::tools::eps_tolerance<double>(kDigits), steps);
  return 0.5 * (bracket.first + bracket.second);
}

double lower_end(const RatioRows& rows, double ratio, double tail) {
  const auto low = [&](double at) { return interval_at(rows, at, tail).low; };
  return low(0.0) > 0.0 && low(ratio) < 0.0 ? crossing(low, 0.0, ratio)
         : low(0.0) > 0.0                   ? ratio
                                            : 0.0;
}

/// None where no ratio is too large: the first mean cannot be told from 0.
std::optional<double> upper_end(const RatioRows& rows, double ratio, double tail) {
  constexpr double kMost = 1e9, kStep = 2.0;
  const auto high = [&](double at) { return interval_at(rows, at, tail).high; };
  if (high(ratio) <= 0.0) return ratio;
  for (double at = kStep * ratio; at < kMost * ratio; at *= kStep)
    if (high(at) < 0.0) return crossing(high, at / kStep, at);
  return std::nullopt;
}

}  // namespace

MeanDifference difference_at(const RatioRows& rows, double ratio) {
  const std::vector<BlockSums> first = scaled(rows.first, ratio);
  MeanDifference difference = rows.apart ? difference_of_groups(first, rows.second)
                                         : difference_of_pairs(first, rows.second);
  difference.watched = rows.watched;
  return difference;
}

MeanRatio ratio_of_means(const RatioRows& rows, double tail) {
  const double first = mean_of(rows.first), second = mean_of(rows.second);
  if (!(first > 0.0)) return {.note = "the mean it is divided by is 0"};
  MeanRatio ratio{.ratio = second / first};
  if (!(second > 0.0)) {
    ratio.note = "the mean is 0";
    return ratio;
  }
  ratio.note = why_no_interval(difference_at(rows, 1.0));
  if (!ratio.note.empty()) return ratio;
  const std::optional<double> high = upper_end(rows, *ratio.ratio, tail);
  if (high)
    ratio.interval = {lower_end(rows, *ratio.ratio, tail), *high};
  else
    ratio.note = "the mean it is divided by cannot be told from 0";
  return ratio;
}

}  // namespace nf
