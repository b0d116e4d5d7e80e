#include "eval/analysis/factorial_effects.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "eval/design/factorial.h"

namespace nf {
namespace {

/// A contrast: the weight of every run's metric. That of the run without any level, which is the
/// baseline, needs none: its metric is 0.
using Weights = std::vector<double>;

/// The levels that are on in each run, as the runs' names say.
class Runs {
 public:
  explicit Runs(const std::vector<std::string>& names) {
    std::map<std::string, std::set<std::string>> before;  // levels named in front of each
    std::vector<std::set<std::string>> on;
    for (const std::string& name : names) {
      std::set<std::string>& levels = on.emplace_back();
      if (name == kAllLevels) continue;
      for (const std::string& level : joined_levels(name)) {
        if (!before.contains(level)) levels_.push_back(level);
        before[level].insert(levels.begin(), levels.end());
        levels.insert(level);
      }
    }
    // A run names its levels in the order of the forward pass, and each two meet in a run.
    std::stable_sort(levels_.begin(), levels_.end(),
                     [&before](const std::string& a, const std::string& b) {
                       return before[a].size() < before[b].size();
                     });
    for (std::size_t run = 0; run < names.size(); ++run) {
      std::vector<int>& signs = signs_.emplace_back();
      for (const std::string& level : levels_)
        signs.push_back(names[run] == kAllLevels || on[run].contains(level) ? 1 : -1);
    }
  }

  const std::vector<std::string>& levels() const { return levels_; }

  /// Mean over the runs with the level, minus that over the runs without.
  Weights main(std::size_t a) const {
    Weights weights;
    for (const std::vector<int>& signs : signs_) weights.push_back(2.0 * signs[a] / count());
    return weights;
  }
  /// Mean of (both - a alone - b alone + neither) over all that the other levels do.
  Weights interaction(std::size_t a, std::size_t b) const {
    Weights weights;
    for (const std::vector<int>& signs : signs_)
      weights.push_back(4.0 * signs[a] * signs[b] / count());
    return weights;
  }

 private:
  /// Number of runs, the one that has no level on among them.
  double count() const { return static_cast<double>(signs_.size() + 1); }

  std::vector<std::string> levels_{};
  std::vector<std::vector<int>> signs_{};  ///< [run][level]
};

/// "needs all 63 trials, has 60": the contrasts need each of them. Empty where a seed has them all.
std::string why_not_whole(const EffectGroup& group, std::size_t levels) {
  const auto design =
      levels < 2 ? std::nullopt
                 : factorial_design(static_cast<Index>(levels), group.key.design.resolution);
  const std::size_t needed =
      design ? static_cast<std::size_t>(design->runs - 1) : group.levels.size() + 1;
  std::size_t most = 0;
  for (const auto& [seed, of_level] : group.rows) most = std::max(most, of_level.size());
  if (most == needed) return "";
  return fmt::format("needs all {} trials, has {}", std::max(needed, group.levels.size()), most);
}

BlockSum dot(const Weights& weights, std::span<const BlockSum> runs) {
  BlockSum block{.tokens = runs.front().tokens};
  for (std::size_t run = 0; run < runs.size(); ++run) {
    const double term = weights[run] * runs[run].sum;
    block.add(
        {.sum = term,
         .rounding = std::abs(weights[run]) * runs[run].rounding + kUnitRoundoff * std::abs(term)});
  }
  return block;
}

void add(const Weights& more, double times, Weights& weights) {
  for (std::size_t run = 0; run < weights.size(); ++run) weights[run] += times * more[run];
}

}  // namespace

std::vector<Effect> factorial_effects(const EffectGroup& group, const Figure& figure) {
  const Runs design(group.levels);
  const std::vector<std::string>& levels = design.levels();
  std::vector<Effect> effects;
  if (const std::string why = why_not_whole(group, levels.size()); !why.empty()) {
    for (const std::string& level : levels)
      effects.push_back({.effect = kMain, .a = level, .note = why});
    return effects;
  }
  const LevelBlocks blocks(group, figure, group.levels);
  const auto estimate = [&blocks](const Weights& weights) {
    return blocks.estimate(
        [&weights](std::span<const BlockSum> runs) { return dot(weights, runs); });
  };
  Weights together(group.levels.size(), 0.0);
  for (std::size_t a = 0; a < levels.size(); ++a) {
    const Weights main = design.main(a);
    add(main, 1.0, together);
    effects.push_back({.effect = kMain,
                       .a = levels[a],
                       .estimate = estimate(main),
                       .note = "the trials have no text in common"});
  }
  if (group.key.design.resolution < 5) return effects;
  Weights alone = together;
  for (std::size_t a = 0; a < levels.size(); ++a) {
    for (std::size_t b = a + 1; b < levels.size(); ++b) {
      const Weights interaction = design.interaction(a, b);
      add(interaction, -1.0, alone);
      effects.push_back({.effect = kInteraction,
                         .a = levels[a],
                         .b = levels[b],
                         .estimate = estimate(interaction)});
    }
  }
  auto ratio = blocks.estimate([&](std::span<const BlockSum> runs) {
    return ratio_block(dot(alone, runs), dot(together, runs));
  });
  check_denominator(estimate(together), "the sum of the main effects cannot be told from 0", ratio);
  effects.push_back({.effect = kAdditivity, .estimate = std::move(ratio)});
  return effects;
}

}  // namespace nf
