#include "eval/predict/law_blocks.h"

#include <algorithm>
#include <cmath>

#include "core/base/check.h"

namespace nf {
namespace {

bool stops(const LawLine& line) {
  return std::any_of(line.rows.begin(), line.rows.end(),
                     [](const ResultRow* row) { return row->key.stops; });
}

/// The mean of a line's seeds, block by block.
BlockSums mean_of(const std::vector<BlockSums>& seeds) {
  BlockSums mean = add_rows(seeds);
  for (BlockSum& block : mean) {
    block.sum /= static_cast<double>(seeds.size());
    block.tokens /= static_cast<double>(seeds.size());
    block.rounding /= static_cast<double>(seeds.size());
  }
  return mean;
}

/// Shifts all blocks alike, so that their mean is `value`.
void move_mean(double value, std::vector<BlockSums>& seeds) {
  double sum = 0.0, tokens = 0.0;
  for (const BlockSums& seed : seeds)
    for (const BlockSum& block : seed) {
      sum += block.sum;
      tokens += block.tokens;
    }
  for (BlockSums& seed : seeds)
    for (BlockSum& block : seed) block.sum += (value - sum / tokens) * block.tokens;
}

}  // namespace

LawBlocks::LawBlocks(const std::vector<LawLine>& lines, const ResultRow& baseline)
    : baseline_(&baseline) {
  NF_CHECK(!lines.empty(), "no line to take blocks of");
  std::vector<const ResultRow*> rows;
  for (const LawLine& line : lines) {
    rows.insert(rows.end(), line.rows.begin(), line.rows.end());
    watched_ = watched_ || stops(line);
  }
  const std::vector<FigureBlocks> figures = figure_blocks(kl_figure(), rows, baseline);
  const std::vector<BlockSums> common = common_blocks(figures);
  for (const auto& [name, block] : figures.front())
    if (std::all_of(figures.begin(), figures.end(),
                    [&name = name](const FigureBlocks& row) { return row.contains(name); }))
      names_.push_back(name);
  auto next = common.begin();
  for (const LawLine& line : lines) {
    lines_.emplace_back(next, next + std::ssize(line.rows));
    next += std::ssize(line.rows);
  }
}

std::vector<BlockSums> LawBlocks::blocks(std::span<const double> slopes,
                                         std::optional<double> value) const {
  NF_CHECK(slopes.size() == lines_.size(), "{} slopes of {} lines", slopes.size(), lines_.size());
  std::optional<std::size_t> seeds;
  bool alike = true;
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    if (slopes[i] == 0.0) continue;
    alike = alike && seeds.value_or(lines_[i].size()) == lines_[i].size();
    seeds = lines_[i].size();
  }
  std::vector<BlockSums> sums(alike ? seeds.value_or(1) : 1, BlockSums(names_.size()));
  for (BlockSums& seed : sums)
    for (std::size_t b = 0; b < seed.size(); ++b) seed[b].tokens = lines_[0][0][b].tokens;
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    if (slopes[i] == 0.0) continue;
    const std::vector<BlockSums> own =
        alike ? lines_[i] : std::vector<BlockSums>(1, mean_of(lines_[i]));
    for (std::size_t s = 0; s < sums.size(); ++s) {
      for (std::size_t b = 0; b < names_.size(); ++b) {
        sums[s][b].sum += slopes[i] * own[s][b].sum;
        sums[s][b].rounding += std::abs(slopes[i]) * own[s][b].rounding;
      }
    }
  }
  if (value) move_mean(*value, sums);
  return sums;
}

std::optional<std::vector<BlockSums>> LawBlocks::measured(const LawLine& line) const {
  std::vector<BlockSums> seeds;
  for (const ResultRow* row : line.rows) {
    const FigureBlocks figure = kl_figure().blocks(*row, *baseline_);
    BlockSums& blocks = seeds.emplace_back();
    for (const FigureBlocks::key_type& name : names_) {
      const auto found = figure.find(name);
      if (found == figure.end()) return std::nullopt;
      blocks.push_back(found->second);
    }
  }
  return seeds;
}

MeanRatio LawBlocks::ratio(std::vector<BlockSums> first, std::vector<BlockSums> second) const {
  const bool apart = first.size() != second.size() && first.size() > 1 && second.size() > 1;
  return ratio_of_means({.first = std::move(first),
                         .second = std::move(second),
                         .apart = apart,
                         .watched = watched_});
}

}  // namespace nf
