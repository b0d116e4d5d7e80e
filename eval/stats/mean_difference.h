#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "eval/stats/mean_estimate.h"

namespace nf {

/// The difference between the means of two trials over the same blocks, with its errors. The
/// part that makes a block hard for both drops out.
struct MeanDifference {
  /// Second minus first. With paired seeds it comes from the table of differences, one row per
  /// pair; else from one row, the difference of the means over the seeds of each.
  MeanEstimate mean;
  /// First and second by themselves, where seeds are not paired. Only the errors of their seeds
  /// count; those of the text are in `mean`.
  std::vector<MeanEstimate> apart{};
  /// The sum of the table's rows.
  BlockSums text{};
  /// Whether a stop rule looked at the figure. Its intervals are then those of a confidence
  /// sequence, which hold at every moment at once (kl_sequence_halfwidth()).
  bool watched = false;
};

/// The difference of trials whose seeds are paired: row s of the first shares its draws with row s
/// of the second, and a single row pairs with each row of the other. Shapes as in estimate_mean();
/// the blocks of all rows are the same (NF_CHECK).
MeanDifference difference_of_pairs(std::span<const BlockSums> first,
                                   std::span<const BlockSums> second);

/// The difference of trials whose seeds have nothing in common. Blocks are paired all the same:
/// with D[b] the difference of the means over each one's seeds,
///   Var = Var(D)/B + (MS_seed - MS_rest)/(S·B) of the first + the same of the second,
/// the mean squares being those of each one's own table (estimate_mean()). The interaction of seeds
/// and blocks is part of D.
MeanDifference difference_of_groups(std::span<const BlockSums> first,
                                    std::span<const BlockSums> second);

/// The reason why there is no interval, as why_no_interval() of a mean has it.
std::string why_no_interval(const MeanDifference& difference);

/// The interval, as interval_of() of a mean, with the squares of t[seeds - 1]·se_seed added for all
/// that have seeds of their own. With paired seeds no side is shorter than t[seeds - 1]·se_rows.
std::optional<Interval> interval_of(const MeanDifference& difference, double tail = 0.025);
/// Widens `text`, the interval of the text alone, by the errors of all seeds.
Interval with_seeds(const Interval& text, const MeanDifference& difference, double tail = 0.025);
/// The p-value, as p_value() of a mean: below 0.05 exactly where the interval leaves 0 out.
std::optional<double> p_value(const MeanDifference& difference);

/// The smallest true difference that a two-sided test at `level` finds four times in five if blocks
/// and seeds scatter as they do here. Text and seeds each ask for the reach of their interval (the
/// longer side) plus t[0.8]·se; the result is the root of the sum of their squares. It differs from
/// detectable_mean() of a plan by the correction for skewness, which is part of the interval.
/// None where there is no interval.
std::optional<double> detectable_difference(const MeanDifference& difference, double level = 0.05);

}  // namespace nf
