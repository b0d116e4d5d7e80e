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
  for (std::size_t b = 0; b < first.size(); ++b) difference[b].sum -= first[b].sum;
  return difference;
}

/// Block by block: `scale` times what the rows add up to.
BlockSums added_up(std::span<const BlockSums> rows, double scale) {
  BlockSums sums(rows.front().size());
  for (const BlockSums& row : rows) {
    NF_CHECK(row.size() == sums.size(), "{} blocks, not {}", row.size(), sums.size());
    for (std::size_t b = 0; b < row.size(); ++b) {
      sums[b].tokens += scale * row[b].tokens;
      sums[b].sum += scale * row[b].sum;
    }
  }
  return sums;
}

BlockSums mean_over_seeds(std::span<const BlockSums> rows) {
  return added_up(rows, 1.0 / static_cast<double>(rows.size()));
}

/// Everything whose seeds add an error.
std::vector<const MeanEstimate*> seed_parts(const MeanDifference& difference) {
  std::vector<const MeanEstimate*> parts = {&difference.mean};
  for (const MeanEstimate& own : difference.apart) parts.push_back(&own);
  return parts;
}

/// The interval for want of text alone. There must be one.
Interval text_interval(const MeanDifference& difference, double tail) {
  if (difference.watched) {
    const double half = kl_sequence_halfwidth(difference.text, 2.0 * tail);
    return {difference.mean.mean - half, difference.mean.mean + half};
  }
  MeanEstimate text = difference.mean;
  text.se_seed = 0.0;
  return *interval_of(text, tail);
}

double se_of_pairs(const std::vector<BlockSums>& table) {
  std::vector<double> means;
  double mean = 0.0;
  for (const BlockSums& row : table) {
    means.push_back(estimate_mean({&row, 1}).mean);
    mean += means.back() / static_cast<double>(table.size());
  }
  double squares = 0.0;
  for (const double of_pair : means) squares += (of_pair - mean) * (of_pair - mean);
  const double count = static_cast<double>(table.size());
  return table.size() == 1 ? 0.0 : std::sqrt(squares / (count * (count - 1.0)));
}

double pairs_reach(const MeanDifference& difference, double tail) {
  if (difference.se_pairs == 0.0) return 0.0;
  return difference.se_pairs * t_quantile(tail, static_cast<double>(difference.mean.seeds - 1));
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
  return {
      .mean = estimate_mean(table), .se_pairs = se_of_pairs(table), .text = added_up(table, 1.0)};
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
  const double mean = difference.mean.mean;
  Interval interval = text;
  for (const MeanEstimate* part : seed_parts(difference)) {
    MeanEstimate about = *part;  // its seeds, about this difference
    about.mean = mean;
    interval = with_seeds(interval, about, tail);
  }
  const double least = pairs_reach(difference, tail);
  return {std::min(interval.low, mean - least), std::max(interval.high, mean + least)};
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
  for (const MeanEstimate* part : seed_parts(difference)) {
    if (part->se_seed == 0.0) continue;
    const double quantiles =
        t_quantile(level / 2.0, degrees(part->seeds)) + t_quantile(kMissed, degrees(part->seeds));
    least = std::hypot(least, quantiles * part->se_seed);
  }
  if (difference.se_pairs > 0.0)
    least = std::max(least,
                     pairs_reach(difference, level / 2.0) +
                         difference.se_pairs * t_quantile(kMissed, degrees(difference.mean.seeds)));
  return least;
}

}  // namespace nf
