#pragma once

#include <functional>
#include <string>
#include <vector>

#include "eval/results/figures.h"
#include "eval/results/results.h"

namespace nf {

/// An outcome that predictors are to order: a mean over tokens, by block.
struct LeagueTarget {
  std::string name;   ///< "kl_per_r2"
  std::string label;  ///< in tables and sentences: "KL/r²"
  /// Empty where a row has none.
  std::function<FigureBlocks(const ResultRow& row, const ResultRow& baseline)> blocks;
  /// Whether the size stands in its denominator, so that they correlate whatever δ does.
  bool is_per_size = false;
};

/// The targets by name: kl, kl_per_r2, delta_nll, flips.
std::vector<std::string> league_target_names();
/// Throws ConfigError "--target: unknown ..." with a suggestion.
LeagueTarget league_target(const std::string& name);

}  // namespace nf
