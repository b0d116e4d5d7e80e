#include "eval/analysis/kl_quantile.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "eval/metrics/kl_tail.h"
#include "eval/results/figures.h"
#include "eval/stats/mean_estimate.h"

namespace nf {
namespace {

using BlockTails = std::map<std::pair<Index, Index>, KlTail>;

/// The spread of KL in each block; none where that of a window is not known.
std::optional<BlockTails> block_tails(const ResultRow& row) {
  BlockTails tails;
  for (const WindowSums& window : row.windows) {
    if (window.sums.tokens == 0) continue;
    const auto tail = window.sums.tail ? window.sums.tail->unpacked() : std::nullopt;
    if (!tail) return std::nullopt;
    tails[block_name(window)].add(*tail);
  }
  return tails;
}

/// The blocks that all rows have, of each its tokens and how many of them stay within `kl`.
std::vector<BlockSums> within(const std::vector<BlockTails>& rows, double kl) {
  std::vector<FigureBlocks> blocks;
  for (const BlockTails& row : rows) {
    FigureBlocks& own = blocks.emplace_back();
    for (const auto& [name, tail] : row)
      own[name] = {.tokens = static_cast<double>(tail.histogram.count()),
                   .sum = static_cast<double>(tail.histogram.count_up_to(kl))};
  }
  return common_blocks(blocks);
}

/// The value that a share of the tokens stays within, the greatest where it is 1 or more.
double value_at_share(const KlTail& all, double share) {
  const Index n = all.histogram.count();
  const auto rank = static_cast<Index>(std::ceil(share * static_cast<double>(n)));
  if (rank > n) return all.max;
  return std::min(all.max, all.histogram.value_at(std::max<Index>(1, rank)));
}

KlQuantile quantile_of(const std::vector<BlockTails>& rows, const KlTail& all, Index per_mille) {
  KlQuantile quantile{.value = all.histogram.quantile(per_mille)};
  const std::vector<BlockSums> blocks = within(rows, quantile.value);
  if (blocks.empty() || blocks.front().empty()) {
    quantile.note = "the seeds share no text";
    return quantile;
  }
  const MeanEstimate share = estimate_mean(blocks);
  const std::optional<Interval> interval = interval_of(share);
  if (!interval) {
    quantile.note = why_no_interval(share);
    return quantile;
  }
  const double p = static_cast<double>(per_mille) / 1000.0;
  quantile.interval = {
      std::min(quantile.value, value_at_share(all, p - (interval->high - share.mean))),
      std::max(quantile.value, value_at_share(all, p + (share.mean - interval->low)))};
  return quantile;
}

}  // namespace

std::vector<KlQuantile> kl_quantiles(const ResultLine& line, const std::vector<Index>& per_mille) {
  std::vector<BlockTails> rows;
  KlTail all;
  for (const ResultRow* row : line.samples()) {
    std::optional<BlockTails> tails = block_tails(*row);
    if (!tails) return {};
    for (const auto& [name, tail] : *tails) all.add(tail);
    rows.push_back(std::move(*tails));
  }
  if (all.histogram.count() == 0) return {};
  std::vector<KlQuantile> quantiles;
  for (const Index each : per_mille) quantiles.push_back(quantile_of(rows, all, each));
  return quantiles;
}

}  // namespace nf
