#pragma once

#include <optional>
#include <string>
#include <vector>

#include "eval/analysis/comparison.h"
#include "eval/results/result_lines.h"

namespace nf {

/// A line whose trial ran on the model in another shape (`reshape:`).
struct ReshapedLine {
  const ResultLine* line = nullptr;
  std::string shape;  ///< "4 channels ×16", "flattened"
  bool flatten = false;
  std::optional<double> factor{};  ///< of the outliers; 1 of a line that is as it is
  /// The condition apart from its factor: lines of one curve differ in that alone.
  std::string curve;
  /// The same condition on the model as it is, a factor of 1 included; null where there is none, or
  /// this is it.
  const ResultLine* as_is = nullptr;
  /// KL against that, with its ratio; p_holm is adjusted over all of the model.
  std::optional<LineComparison> comparison{};

  /// Null where nothing was compared, or the two share no text.
  const ComparedFigure* kl() const;
};

/// The lines of trials with `reshape`, in their order. Trials of designs and searches, and twins,
/// are left out. Points into `model`.
std::vector<ReshapedLine> reshaped_lines(const ModelLines& model);

}  // namespace nf
