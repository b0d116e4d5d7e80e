#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>

#include "eval/stats/block_sum.h"

namespace nf {

/// A token-weighted mean over blocks, Σ sums / Σ tokens, with its errors.
///
/// Everything rests on the linearised residuals of the ratio (Cochran, Sampling Techniques,
/// chapter 6), r[s, b] = (sum - mean·tokens) / (mean tokens of a block), whose mean over
/// blocks is the error of the ratio to first order. Seeds and blocks are crossed, each seed sees
/// every block, so r[s, b] = seed[s] + block[b] + rest[s, b] with both effects random, and the mean
/// squares of the two-way table tell the three variances apart.
struct MeanEstimate {
  double mean = 0.0;
  Index seeds = 0, blocks = 0;
  double tokens = 0.0;    ///< of one seed
  double se_text = 0.0;   ///< standard error for want of text: more blocks make it smaller; 0 where
                          ///< the blocks of each seed are equal (blocks_are_equal())
  double se_seed = 0.0;   ///< for want of seeds: only more seeds make it smaller; 0 of one seed
  double se_rows = 0.0;   ///< from the spread of the seeds' means alone, whatever its cause
  double skewness = 0.0;  ///< of the mean's error over text: that of a block over √blocks
  double sd_text = 0.0;   ///< of a block of mean size; with several seeds what they have in common
  double sd_seed = 0.0;   ///< of a seed's mean over endless text
};

/// `seeds`: one row per seed, at least one; every row has the same blocks, at least one, and the
/// tokens are not 0 in sum (NF_CHECK). Draw-free repeats are one seed: give them once.
MeanEstimate estimate_mean(std::span<const BlockSums> seeds);

/// The reason why there is no interval: "needs 8 blocks, has 3", "all 16 blocks are equal"; empty
/// where there is one.
std::string why_no_interval(const MeanEstimate& estimate);

/// Number of blocks that the spread is learned from. Where more than half of all blocks have the
/// same mean (questions mostly 0: the trial changed nothing), these are the others; else they are
/// all. A block of neither weight nor sum, as a ratio may have it, says nothing and is not counted.
Index differing_blocks(const BlockSums& blocks);

/// The reason to distrust an interval, where fewer than kFewestBlocks blocks differ: "only 3 of 200
/// blocks differ: a rough interval". An interval of so few covers less (docs/statistics.md). Empty
/// where it may be trusted.
std::string why_rough(const BlockSums& blocks);

/// A correction for skewness makes a side at most that many times as wide: with one odd block among
/// few it would make an interval beyond reason, and coverage does not gain by more.
inline constexpr double kMostWidening = 2.0;

/// The interval that leaves `tail` out on each side, 95 % by default. On each side
///   √(d² + (t[seeds - 1]·se_seed)²),  d = se_text · max(t[blocks - 1], the same with Hall's cubic
/// correction for skewness, at most kMostWidening times as much). None where why_no_interval() has
/// a reason. No side is shorter than t[seeds - 1]·se_rows. Where blocks have little in common over
/// the seeds (ΔNLL, differences, interactions) seeds are most of the error, and the two-way table
/// subtracts the rest from their variance: without that least length intervals of nominal 95 %
/// cover 87 % with two seeds and 92 with three (docs/statistics.md).
///
/// Adding the two quantiles' squares is Banerjee's way (Sankhyā 22, 1960) of joining two variances
/// without knowing their ratio: Satterthwaite's degrees of freedom cover 89 % with two seeds
/// (docs/statistics.md).
std::optional<Interval> interval_of(const MeanEstimate& estimate, double tail = 0.025);

/// The interval for want of text alone, with these seeds. There must be one.
Interval text_interval(const MeanEstimate& estimate, double tail = 0.025);
/// Widens `text`, the interval of the text alone, by the errors of the seeds, as interval_of()
/// does.
Interval with_seeds(const Interval& text, const MeanEstimate& estimate, double tail = 0.025);

/// Two-sided p-value of the mean against 0: the greatest p whose interval still holds 0, so that p
/// < 0.05 says the same as interval_of(). None where there is no interval. Never below 2e-16.
std::optional<double> p_value(const MeanEstimate& estimate);
/// The same for any intervals that widen as the tail becomes smaller.
double p_value(const std::function<Interval(double tail)>& interval);

}  // namespace nf
