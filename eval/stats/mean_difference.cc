#include "eval/stats/mean_difference.h"

#include <algorithm>
#include <cmath>

#include "core/base/check.h"
#include "eval/stats/confidence_sequence.h"
#include "eval/stats/distributions.h"

namespace nf {
namespace {

BlockSums minus(const BlockSums& second, const BlockSums& first) {
  NF_CHECK(first.size() == second.size(), "{} blocks, not {}", second.size(), first.size());
  BlockSums difference = second;
  for (std::size_t b = 0; b < first.size(); ++b)
    difference[b].add({.sum = -first[b].sum, .rounding = first[b].rounding});
  return difference;
}

BlockSums mean_over_seeds(std::span<const BlockSums> rows) {
  BlockSums means = add_rows(rows);
  for (BlockSum& mean : means) {
    mean.tokens /= static_cast<double>(rows.size());
    mean.sum /= static_cast<double>(rows.size());
    mean.rounding =
        mean.rounding / static_cast<double>(rows.size()) + kUnitRoundoff * std::abs(mean.sum);
  }
  return means;
}

/// Everything whose seeds add an error.
std::vector<MeanEstimate> seed_parts(const MeanDifference& difference) {
  std::vector<MeanEstimate> parts = {difference.mean};
  for (const MeanEstimate& own : difference.apart) {
    parts.push_back(own);
    parts.back().mean = difference.mean.mean;  // its seeds, about this difference
    parts.back().se_rows = 0.0;                // holds the rest, which is part of the text here
  }
  return parts;
}

/// The interval for want of text alone. There must be one.
Interval text_interval(const MeanDifference& difference, double tail) {
  if (difference.watched) {
    const double half = kl_sequence_halfwidth(difference.text, 2.0 * tail);
    return {difference.mean.mean - half, difference.mean.mean + half};
  }
  return text_interval(difference.mean, tail);
}

}  // namespace

MeanDifference difference_of_pairs(std::span<const BlockSums> first,
                                   std::span<const BlockSums> second) {
  NF_CHECK(!first.empty() && !second.empty() &&
               (first.size() == 1 || second.size() == 1 || first.size() == second.size()),
           "{} rows do not pair with {}", first.size(), second.size());
  std::vector<BlockSums> table;
  for (std::size_t s = 0; s < std::max(first.size(), second.size()); ++s)
    table.push_back(minus(second[second.size() == 1 ? 0 : s], first[first.size() == 1 ? 0 : s]));
  return {.mean = estimate_mean(table), .text = add_rows(table)};
}

MeanDifference difference_of_groups(std::span<const BlockSums> first,
                                    std::span<const BlockSums> second) {
  NF_CHECK(!first.empty() && !second.empty(), "{} and {} rows", first.size(), second.size());
  const BlockSums row = minus(mean_over_seeds(second), mean_over_seeds(first));
  return {.mean = estimate_mean({&row, 1}),
          .apart = {estimate_mean(first), estimate_mean(second)},
          .text = row};
}

std::string why_no_interval(const MeanDifference& difference) {
  return why_no_interval(difference.mean);
}

Interval with_seeds(const Interval& text, const MeanDifference& difference, double tail) {
  Interval interval = text;
  for (const MeanEstimate& part : seed_parts(difference))
    interval = with_seeds(interval, part, tail);
  return interval;
}

std::optional<Interval> interval_of(const MeanDifference& difference, double tail) {
  if (!why_no_interval(difference).empty()) return std::nullopt;
  return with_seeds(text_interval(difference, tail), difference, tail);
}

std::optional<double> p_value(const MeanDifference& difference) {
  if (!why_no_interval(difference).empty()) return std::nullopt;
  return p_value([&difference](double tail) { return *interval_of(difference, tail); });
}

std::optional<double> detectable_difference(const MeanDifference& difference, double level) {
  constexpr double kMissed = 0.2;
  if (!why_no_interval(difference).empty()) return std::nullopt;
  const auto degrees = [](Index count) { return static_cast<double>(count - 1); };
  const double mean = difference.mean.mean;
  const Interval text = text_interval(difference, level / 2.0);
  double least = std::max(mean - text.low, text.high - mean) +
                 t_quantile(kMissed, degrees(difference.mean.blocks)) * difference.mean.se_text;
  for (const MeanEstimate& part : seed_parts(difference)) {
    if (part.seeds == 1) continue;
    const double quantiles =
        t_quantile(level / 2.0, degrees(part.seeds)) + t_quantile(kMissed, degrees(part.seeds));
    least = std::max(std::hypot(least, quantiles * part.se_seed), quantiles * part.se_rows);
  }
  return least;
}

}  // namespace nf
