#include "eval/predict/league_target.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/check.h"
#include "core/base/error.h"
#include "core/base/suggest.h"
#include "eval/results/kl_per_r2.h"

namespace nf {
namespace {

FigureBlocks kl_blocks(const ResultRow& row, const ResultRow& baseline) {
  return kl_figure().blocks(row, baseline);
}

/// KL by block over the square of the whole row's relative L2.
FigureBlocks kl_per_r2_blocks(const ResultRow& row, const ResultRow& baseline) {
  const std::optional<double> kl = kl_of(row), of_row = kl_per_r2(row);
  if (!of_row || !(*kl > 0.0)) return {};
  FigureBlocks blocks = kl_blocks(row, baseline);
  const double scale = *of_row / *kl;
  for (auto& [name, block] : blocks) {
    block.sum *= scale;
    block.rounding *= scale;
  }
  return blocks;
}

FigureBlocks delta_nll_blocks(const ResultRow& row, const ResultRow& baseline) {
  return delta_nll_figure().blocks(row, baseline);
}

/// Tokens whose being right has changed, either way.
FigureBlocks flips_blocks(const ResultRow& row, const ResultRow& baseline) {
  const SummedFigure* const lost = find_summed_mean("flips_lost");
  const SummedFigure* const gained = find_summed_mean("flips_gained");
  if (lost == nullptr || gained == nullptr) return {};
  FigureBlocks blocks = text_figure(*lost).blocks(row, baseline);
  const FigureBlocks others = text_figure(*gained).blocks(row, baseline);
  for (auto& [name, block] : blocks) {
    const auto other = others.find(name);
    NF_CHECK(other != others.end(), "block {}, {} has no gained flips", name.first, name.second);
    block.sum += other->second.sum;
  }
  return blocks;
}

const std::vector<LeagueTarget>& targets() {
  static const std::vector<LeagueTarget> all = {{"kl", "KL", kl_blocks},
                                                {"kl_per_r2", "KL/r²", kl_per_r2_blocks, true},
                                                {"delta_nll", "ΔNLL", delta_nll_blocks},
                                                {"flips", "flips", flips_blocks}};
  return all;
}

}  // namespace

std::vector<std::string> league_target_names() {
  std::vector<std::string> names;
  for (const LeagueTarget& target : targets()) names.push_back(target.name);
  return names;
}

LeagueTarget league_target(const std::string& name) {
  for (const LeagueTarget& target : targets())
    if (target.name == name) return target;
  throw ConfigError(
      fmt::format("--target: unknown '{}'{}", name, suggestion(name, league_target_names())));
}

}  // namespace nf
