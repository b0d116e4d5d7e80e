#pragma once

#include <string>

#include "eval/analysis/comparison.h"

namespace nf {

/// The table for the terminal, with the notes below it. With one comparison a model each section is
/// a comparison with a line per figure; with several it is a figure with a line per comparison.
/// columns: the terminal's width, 0: as wide as it comes.
std::string comparison_table(const TrialComparison& comparison, Index columns);

}  // namespace nf
