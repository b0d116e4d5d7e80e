#pragma once

#include <string>

#include "eval/analysis/comparison.h"
#include "eval/output/table_format.h"

namespace nf {

/// The table for readers, with what is compared above it and the notes below. With one comparison a
/// model each section is a comparison with a line per figure; with several it is a figure with a
/// line per comparison. columns: the terminal's width, 0: as wide as it comes. format: one for
/// readers.
std::string comparison_table(const TrialComparison& comparison, Index columns,
                             TableFormat format = TableFormat::table);

}  // namespace nf
