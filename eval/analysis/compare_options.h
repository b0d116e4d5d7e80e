#pragma once

#include <optional>
#include <string>
#include <vector>

#include "eval/analysis/equivalence_margin.h"

namespace nf {

/// The questions asked of two trials, beside their difference.
struct CompareOptions {
  /// Names of means: kl, nll, TASK_acc. None: all, but kl alone for a ratio or a margin.
  std::vector<std::string> figures{};
  bool ratio = false;
  std::optional<EquivalenceMargin> margin{};
  bool all_pairs = false;  ///< each selected line with each, whatever their points
  /// `difference`, `p`, `ratio`, `name`, or a figure, whose difference is meant; of the first
  /// figure otherwise. The best first; "-NAME": the other way round.
  std::vector<std::string> sort{};
  bool bootstrap = true;  ///< only a csv file and the like have it
};

}  // namespace nf
