#pragma once

#include <span>
#include <vector>

#include "core/base/types.h"

namespace nf {

/// One figure over one evaluation block, the unit of statistics: a document where the text has
/// documents, else a window; a question of a task. Blocks count as independent, tokens of one block
/// do not.
struct BlockSum {
  double tokens = 0.0;  ///< the block's weight in the mean; 1 for a question
  double sum = 0.0;     ///< of the figure over the tokens: nats, or tokens
  /// The most by which rounding may have moved `sum`; 0 where it is exact, as counts are. Blocks
  /// whose means differ by no more are equal (blocks_are_equal()).
  double rounding = 0.0;

  /// Adds a part of the same block.
  void add(const BlockSum& part);
  /// Whether sum/tokens is `mean` as far as rounding lets one tell: the distance of the sum from
  /// mean·tokens is no greater than what the roundings of the sum, of the mean (mean_rounding, at
  /// most) and of this comparison come to.
  bool has_mean(double mean, double mean_rounding) const;
};
/// The blocks of one trial with one seed, in the order of the text.
using BlockSums = std::vector<BlockSum>;
/// Adds up the sums and tokens of all rows, block by block. rows: at least one; each has the same
/// blocks.
BlockSums add_rows(std::span<const BlockSums> rows);

/// Half a unit in the last place of 1: how far one operation in double is off, as a share.
inline constexpr double kUnitRoundoff = 0x1p-53;

/// The bound on the rounding of a sum of `terms` terms, added up one after the other:
/// terms·2^-53·Σ|terms| (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., section
/// 4.2), to first order.
double rounding_of_sum(double terms, double magnitude);

/// A ratio of two sums as the mean of a block: the lower one is its weight.
BlockSum ratio_block(const BlockSum& numerator, const BlockSum& weight);

/// Whether all blocks have the mean of all, as far as rounding lets one tell (has_mean()). Such
/// blocks say nothing of how blocks differ. What truly differs is farther apart by orders of
/// magnitude: of 500 tokens the bound is 1e-13 of what was summed.
bool blocks_are_equal(const BlockSums& blocks);

/// Fewer blocks than that say nothing about their spread: there is no interval and no test then.
inline constexpr Index kFewestBlocks = 8;

struct Interval {
  double low = 0.0, high = 0.0;
};

}  // namespace nf
