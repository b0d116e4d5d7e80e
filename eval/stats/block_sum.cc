#include "eval/stats/block_sum.h"

#include "core/base/check.h"

namespace nf {

BlockSums add_rows(std::span<const BlockSums> rows) {
  BlockSums sums(rows.front().size());
  for (const BlockSums& row : rows) {
    NF_CHECK(row.size() == sums.size(), "{} blocks, not {}", row.size(), sums.size());
    for (std::size_t b = 0; b < row.size(); ++b) {
      sums[b].tokens += row[b].tokens;
      sums[b].sum += row[b].sum;
    }
  }
  return sums;
}

}  // namespace nf
