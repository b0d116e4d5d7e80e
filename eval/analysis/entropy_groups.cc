#include "eval/analysis/entropy_groups.h"

#include <algorithm>
#include <cstdlib>

namespace nf {
namespace {

/// KL of the tokens in bins [first, end), by block; blocks without such a token have none.
FigureBlocks kl_blocks(const ResultRow& row, Index first, Index end) {
  FigureBlocks blocks;
  for (const WindowSums& window : row.windows) {
    const Detail* const detail = window.sums.detail.get();
    if (detail == nullptr || !detail->entropy) continue;
    const std::vector<TokenBin>& bins = *detail->entropy;
    TokenBin group;
    for (Index b = first; b < std::min(end, std::ssize(bins)); ++b)
      group.add(bins[static_cast<std::size_t>(b)]);
    if (group.sums.tokens == 0) continue;
    const auto tokens = static_cast<double>(group.sums.tokens);
    blocks[block_name(window)].add({.tokens = tokens,
                                    .sum = group.sums.kl,
                                    .rounding = rounding_of_sum(tokens, group.sums.kl)});
  }
  return blocks;
}

std::optional<EntropyGroup> group_of(const std::vector<const ResultRow*>& rows, Index first,
                                     Index end) {
  std::vector<FigureBlocks> by_row;
  for (const ResultRow* row : rows) by_row.push_back(kl_blocks(*row, first, end));
  std::vector<BlockSums> blocks = common_blocks(by_row);
  if (blocks.empty() || blocks.front().empty()) return std::nullopt;
  EntropyGroup group{.low = kEntropyBinWidth * static_cast<double>(first),
                     .high = kEntropyBinWidth * static_cast<double>(end),
                     .kl = estimate_blocks(std::move(blocks), is_watched(kl_figure(), rows))};
  group.tokens = static_cast<Index>(group.kl.mean.tokens);
  return group;
}

}  // namespace

std::vector<TokenBin> entropy_bins(const ResultRow& row) {
  std::vector<TokenBin> sums;
  for (const WindowSums& window : row.windows) {
    const Detail* const detail = window.sums.detail.get();
    if (detail == nullptr || !detail->entropy) continue;
    const std::vector<TokenBin>& bins = *detail->entropy;
    sums.resize(std::max(sums.size(), bins.size()));
    for (std::size_t b = 0; b < bins.size(); ++b) sums[b].add(bins[b]);
  }
  while (!sums.empty() && sums.back().sums.tokens == 0) sums.pop_back();
  return sums;
}

std::vector<Index> decile_ends(const std::vector<Index>& counts) {
  constexpr Index kGroups = 10;
  std::vector<Index> below = {0};  // tokens in the bins before each end
  for (const Index count : counts) below.push_back(below.back() + count);
  const Index all = below.back();
  std::vector<Index> ends;
  for (Index group = 1; group < kGroups; ++group) {
    // In tenths of a token, so that all of it is whole.
    const auto nearest =
        std::min_element(below.begin(), below.end(), [group, all](Index a, Index b) {
          return std::abs(kGroups * a - group * all) < std::abs(kGroups * b - group * all);
        });
    const Index end = nearest - below.begin();
    if (*nearest > 0 && *nearest < all && (ends.empty() || end > ends.back())) ends.push_back(end);
  }
  ends.push_back(std::ssize(counts));
  return ends;
}

std::vector<EntropyGroup> entropy_groups(const ResultLine& line) {
  const std::vector<const ResultRow*> rows = line.samples();
  if (rows.empty()) return {};
  for (const ResultRow* row : rows)
    if (entropy_bins(*row).empty()) return {};
  std::vector<Index> counts;
  for (const TokenBin& bin : entropy_bins(*rows.front())) counts.push_back(bin.sums.tokens);
  std::vector<EntropyGroup> groups;
  Index first = 0;
  for (const Index end : decile_ends(counts)) {
    if (auto group = group_of(rows, first, end)) groups.push_back(std::move(*group));
    first = end;
  }
  return groups;
}

}  // namespace nf
