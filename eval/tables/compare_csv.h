#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "eval/analysis/comparison.h"

namespace nf {

/// RFC 4180: one row per comparison and figure, columns comparison_columns(). The field of a figure
/// that is not known is empty.
std::string comparison_csv(const TrialComparison& comparison);

/// Writes the file, whole or not at all. Throws ConfigError where another kind of file is there,
/// DataError where it cannot be written.
void write_comparison_csv(const TrialComparison& comparison, const std::filesystem::path& file);

}  // namespace nf
