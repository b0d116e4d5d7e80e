#pragma once

#include <optional>
#include <string>
#include <vector>

#include "eval/results/result_lines.h"
#include "eval/stats/log_ratio.h"

namespace nf {

/// A trial made from one calibration set against the same made from the reference set.
struct CalibrationCell {
  std::string set;
  const ResultLine* line = nullptr;
  bool is_reference = false;
  /// KL over that with the reference set. Of the reference itself, and where a method looks at no
  /// set, 1.
  LogRatio kl{};
  std::optional<double> p_holm{};  ///< of kl against 1, adjusted over all cells of the model
  /// Perplexity over that with the reference set, e^(difference of nll) (arXiv 2405.20835).
  LogRatio perplexity{};
};

/// One trial, at one point of its other variables, with different calibration sets.
struct CalibrationGroup {
  std::string label;  ///< "gptq bits=4", without the set
  std::vector<CalibrationCell> cells{};
};

/// The calibration matrix of a model: each group's line with each set, over its line with the
/// reference set, which is the set called `reference` or `ref`, else the first that a group has. A
/// group has at least two sets. sets: the names that are known as calibration sets: a sweep's value
/// that is one of them names a set, too, though the method may look at none. Blocks and seeds are
/// paired as in compare_trials(). Points into `model`.
std::vector<CalibrationGroup> calibration_groups(const ModelLines& model,
                                                 const std::vector<std::string>& sets);

}  // namespace nf
