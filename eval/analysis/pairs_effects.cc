#include "eval/analysis/pairs_effects.h"

#include <algorithm>

namespace nf {
namespace {

/// Two levels and the name of the trial that has both.
struct Pair {
  std::string a, b, both;
};

/// The levels that the trials of a `pairs` design are made of.
struct Pairs {
  std::vector<std::string> singles{};
  std::vector<Pair> pairs{};

  explicit Pairs(const std::vector<std::string>& levels) {
    for (const std::string& level : levels) {
      const std::vector<std::string> parts = joined_levels(level);
      if (parts.size() == 2) pairs.push_back({parts[0], parts[1], level});
      for (const std::string& single : parts)  // a shard may have the pairs alone
        if (single != kAllLevels &&
            std::find(singles.begin(), singles.end(), single) == singles.end())
          singles.push_back(single);
    }
    if (pairs.empty() && singles.size() == 2) pairs.push_back({singles[0], singles[1], kAllLevels});
  }

  /// Whether all singles are known: those of a part of the trials would add up to too little.
  bool are_whole() const {
    const std::size_t levels = singles.size();
    return levels >= 2 && pairs.size() == levels * (levels - 1) / 2;
  }
};

/// levels: a and b together, a, b.
BlockSum interaction(std::span<const BlockSum> levels) {
  BlockSum both = levels[0];
  for (const BlockSum& single : levels.subspan(1))
    both.add({.sum = -single.sum, .rounding = single.rounding});
  return both;
}

/// levels: all together, then each alone. A ratio of two sums is a mean with the lower one as
/// weight, so the delta method is the one that means have anyway.
BlockSum additivity(std::span<const BlockSum> levels) {
  BlockSum alone;
  for (const BlockSum& single : levels.subspan(1))
    alone.add({.sum = single.sum, .rounding = single.rounding});
  return ratio_block(alone, levels[0]);
}

}  // namespace

std::vector<Effect> pairs_effects(const EffectGroup& group, const Figure& figure) {
  const Pairs known(group.levels);
  std::vector<Effect> effects;
  for (const std::string& level : known.singles)
    effects.push_back(
        {.effect = kMain, .a = level, .estimate = estimate_level(group, figure, level)});
  for (const Pair& pair : known.pairs) {
    const LevelBlocks blocks(group, figure, {pair.both, pair.a, pair.b});
    effects.push_back({.effect = kInteraction,
                       .a = pair.a,
                       .b = pair.b,
                       .estimate = blocks.estimate(interaction)});
  }
  if (!known.are_whole()) return effects;
  std::vector<std::string> levels = {kAllLevels};
  levels.insert(levels.end(), known.singles.begin(), known.singles.end());
  auto ratio = LevelBlocks(group, figure, levels).estimate(additivity);
  check_denominator(estimate_level(group, figure, kAllLevels), "all together cannot be told from 0",
                    ratio);
  effects.push_back({.effect = kAdditivity, .estimate = std::move(ratio)});
  return effects;
}

}  // namespace nf
