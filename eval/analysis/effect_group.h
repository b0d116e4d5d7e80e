#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "eval/results/figures.h"
#include "eval/results/result_lines.h"

namespace nf {

/// The trials that a design whose effects are told (pairs, factorial) made on one model, at one
/// point of their other variables.
struct EffectGroup {
  const ResultRow* baseline = nullptr;
  RowKey key{};                       ///< of one of its rows, without the level
  std::vector<std::string> levels{};  ///< "a", "a+b", "all"; each once, also those not begun yet
  std::map<std::uint64_t, std::map<std::string, const ResultRow*>>
      rows{};  ///< by seed and level, without failures
};

bool has_effects(const RowKey& key);
/// keys: those of all rows of the experiment, of all models; some may have no record yet.
std::vector<EffectGroup> effect_groups(const ModelLines& model, const std::vector<RowKey>& keys);

/// The key of the group that such a row is of: without the level.
RowKey effect_group_key(const RowKey& row);

/// The parts of "a+b+c".
std::vector<std::string> joined_levels(const std::string& text);

/// The values of Effect::effect.
inline constexpr const char* kMain = "main";
inline constexpr const char* kInteraction = "interaction";
inline constexpr const char* kAdditivity = "additivity";

/// One row of effects.csv, without the fields that the group gives.
struct Effect {
  std::string effect, a{}, b{};
  std::optional<FigureEstimate> estimate{};
  std::string note{};  ///< instead of an estimate; neither: there is no such row
  /// The p-values of interactions with an interval, which no other has: p is two-sided, against 0,
  /// from that interval; p_holm is adjusted over the interactions of the group.
  std::optional<double> p{}, p_holm{};
};

/// One level: a line of statistics.csv, with the interval that it has there.
std::optional<FigureEstimate> estimate_level(const EffectGroup& group, const Figure& figure,
                                             const std::string& level);

/// A figure of several levels over the windows that all of them have, in each seed that has them
/// all; where nothing is drawn, seeds that share all their records count once.
class LevelBlocks {
 public:
  LevelBlocks(const EffectGroup& group, const Figure& figure,
              const std::vector<std::string>& levels);

  /// Makes a block of the effect out of that block of each level, in the order given.
  using Combine = std::function<BlockSum(std::span<const BlockSum> levels)>;
  /// The mean over blocks; none where no seed has all levels, or they share no block. Where a stop
  /// rule looked at one of the levels the interval is the sequence's: the windows that all have end
  /// where the first of them stopped, and that is a stopping time for blocks of all levels.
  std::optional<FigureEstimate> estimate(const Combine& combine) const;

 private:
  std::vector<std::vector<std::vector<BlockSum>>> seeds_;  ///< [seed][block][level]
  bool watched_ = false;                                   ///< a stop rule looked at the figure
};

/// A ratio means little where its denominator may be 0: takes its interval away and says `why`.
void check_denominator(const std::optional<FigureEstimate>& denominator, const std::string& why,
                       std::optional<FigureEstimate>& ratio);

}  // namespace nf
