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
};
/// The blocks of one trial with one seed, in the order of the text.
using BlockSums = std::vector<BlockSum>;
/// Adds up the sums and tokens of all rows, block by block. rows: at least one; each has the same
/// blocks.
BlockSums add_rows(std::span<const BlockSums> rows);

/// Fewer blocks than that say nothing about their spread: there is no interval and no test then.
inline constexpr Index kFewestBlocks = 8;

struct Interval {
  double low = 0.0, high = 0.0;
};

}  // namespace nf
