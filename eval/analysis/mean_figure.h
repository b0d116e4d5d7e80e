#pragma once

#include <string>
#include <vector>

#include "eval/analysis/compare_options.h"
#include "eval/results/figures.h"

namespace nf {

/// A figure under the name of its mean: two lines differ in the mean as their differences to the
/// baseline do.
struct MeanFigure {
  std::string name;
  Figure to_baseline;  ///< the difference
  bool higher_is_better = false;
  bool where_named = false;  ///< is not shown unless asked for
  bool has_zero = false;     ///< the untouched model's is 0, as of KL: ratios mean something
};

/// The figures that two trials are compared in. Throws ConfigError for an unknown one, with a
/// suggestion, and for one that has no ratio where a ratio or a share is asked for.
std::vector<MeanFigure> compared_figures(const std::vector<TaskHeading>& tasks,
                                         const CompareOptions& options);

}  // namespace nf
