#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "eval/analysis/comparison.h"
#include "eval/output/value_table.h"

namespace nf {

/// One row per comparison and figure, columns comparison_columns(); what is not known is null.
ValueTable comparison_values(const TrialComparison& comparison);
/// The same in CSV, RFC 4180.
std::string comparison_csv(const TrialComparison& comparison);

/// Writes the file, whole or not at all. Throws ConfigError where another kind of file is there,
/// DataError where it cannot be written.
void write_comparison_csv(const TrialComparison& comparison, const std::filesystem::path& file);

}  // namespace nf
