#pragma once

#include "eval/analysis/compare_options.h"
#include "eval/analysis/comparison.h"
#include "eval/analysis/mean_figure.h"

namespace nf {

/// Sorts the lines of a model as CompareOptions::sort says; lines without a value come last. Throws
/// ConfigError for what is no key, with a suggestion.
void sort_comparison(const CompareOptions& options, const std::vector<MeanFigure>& figures,
                     ModelComparison& model);

}  // namespace nf
