#pragma once

#include <string>

#include "eval/analysis/comparison.h"

namespace nf {

/// The table for the terminal, and what stands below it. One comparison a model: by comparison, a
/// line per figure; several: by figure, a line per comparison. columns: the terminal's width, 0: as
/// wide as it comes.
std::string comparison_table(const TrialComparison& comparison, Index columns);

}  // namespace nf
