#include "eval/stats/block_sum.h"

#include <algorithm>
#include <cmath>

#include "core/base/check.h"

namespace nf {

void BlockSum::add(const BlockSum& part) {
  tokens += part.tokens;
  sum += part.sum;
  rounding += part.rounding + kUnitRoundoff * std::abs(sum);
}

BlockSums add_rows(std::span<const BlockSums> rows) {
  BlockSums sums(rows.front().size());
  for (const BlockSums& row : rows) {
    NF_CHECK(row.size() == sums.size(), "{} blocks, not {}", row.size(), sums.size());
    for (std::size_t b = 0; b < row.size(); ++b) sums[b].add(row[b]);
  }
  return sums;
}

double rounding_of_sum(double terms, double magnitude) {
  return terms * kUnitRoundoff * std::abs(magnitude);
}

bool BlockSum::has_mean(double mean, double mean_rounding) const {
  // Four operations: the weight's own, the mean's quotient, the product and the difference.
  const double comparison = rounding_of_sum(4.0, std::abs(sum) + std::abs(mean * tokens));
  return std::abs(sum - mean * tokens) <= rounding + std::abs(tokens) * mean_rounding + comparison;
}

BlockSum ratio_block(const BlockSum& numerator, const BlockSum& weight) {
  BlockSum ratio{.tokens = weight.sum, .sum = numerator.sum, .rounding = numerator.rounding};
  if (weight.sum != 0.0) ratio.rounding += std::abs(numerator.sum / weight.sum) * weight.rounding;
  return ratio;
}

bool blocks_are_equal(const BlockSums& blocks) {
  double tokens = 0.0, sum = 0.0, size = 0.0, rounding = 0.0;
  for (const BlockSum& block : blocks) {
    tokens += block.tokens;
    sum += block.sum;
    size += std::abs(block.sum);
    rounding += block.rounding;
  }
  if (tokens == 0.0) return false;
  // Sums and weights are added up with an error each, hence twice.
  const double added = 2.0 * rounding_of_sum(static_cast<double>(blocks.size()), size);
  const double mean = sum / tokens, mean_rounding = (rounding + added) / std::abs(tokens);
  return std::all_of(blocks.begin(), blocks.end(),
                     [&](const BlockSum& block) { return block.has_mean(mean, mean_rounding); });
}

}  // namespace nf
