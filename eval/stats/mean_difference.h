#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "eval/stats/mean_estimate.h"

namespace nf {

/// By how much the mean of a second trial differs from that of a first over the same blocks, and
/// what is known of its errors. What makes a block hard for both drops out.
struct MeanDifference {
  /// Second minus first. Paired seeds: of the table of differences, one row per pair. Else of one
  /// row, the means over the seeds of each.
  MeanEstimate mean;
  /// Where seeds are not paired: first and second alone. Of these the seeds' errors alone count,
  /// those of the text are in `mean`.
  std::vector<MeanEstimate> apart{};
  /// The rows of the table added up.
  BlockSums text{};
  /// A stop rule looked at the figure: its intervals are those of a confidence sequence, which hold
  /// at every moment at once (kl_sequence_halfwidth()).
  bool watched = false;
};

/// Row s of the first shares its draws with row s of the second; a single row pairs with each row
/// of the other. Shapes as in estimate_mean(); the blocks of all rows are the same (NF_CHECK).
MeanDifference difference_of_pairs(std::span<const BlockSums> first,
                                   std::span<const BlockSums> second);

/// The seeds of the two have nothing in common. Blocks are paired all the same: with D[b] the
/// difference of the means over each one's seeds,
///   Var = Var(D)/B + (MS_seed - MS_rest)/(S·B) of the first + the same of the second,
/// the mean squares being those of each one's own table (estimate_mean()). What seeds and blocks do
/// together is part of D.
MeanDifference difference_of_groups(std::span<const BlockSums> first,
                                    std::span<const BlockSums> second);

/// As why_no_interval() of a mean.
std::string why_no_interval(const MeanDifference& difference);

/// As interval_of() of a mean; the squares of t[seeds - 1]·se_seed of all that have seeds of their
/// own are added, and of paired seeds no side is shorter than t[seeds - 1]·se_rows.
std::optional<Interval> interval_of(const MeanDifference& difference, double tail = 0.025);
/// `text` stands for the text alone: widens it by what all seeds add.
Interval with_seeds(const Interval& text, const MeanDifference& difference, double tail = 0.025);
/// As p_value() of a mean: below 0.05 exactly where the interval leaves 0 out.
std::optional<double> p_value(const MeanDifference& difference);

/// The smallest true difference that a two-sided test at `level` finds four times in five, with
/// these blocks and seeds scattering as they do: the root of the sum of squares of what text and
/// seeds ask for, each the reach of its interval (the longer side) plus t[0.8]·se. As
/// detectable_difference() of a plan, but for the correction for skewness, which is part of the
/// interval. None where there is no interval.
std::optional<double> detectable_difference(const MeanDifference& difference, double level = 0.05);

}  // namespace nf
