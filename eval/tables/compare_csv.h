#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "eval/analysis/comparison.h"

namespace nf {

/// RFC 4180: one row per comparison and figure, columns comparison_columns(). The field of a figure
/// that is not known is empty.
std::string comparison_csv(const TrialComparison& comparison);

/// name, model, the sweep variables of the trials, against, those of what they are compared with as
/// against_NAME, then kComparisonColumns.
std::vector<std::string> comparison_columns(const std::vector<std::string>& variables,
                                            const std::vector<std::string>& against_variables);
inline constexpr const char* kComparisonColumns[] = {
    "figure",        "seeds",          "against_seeds", "pairing", "blocks",
    "all_blocks",    "tokens",         "difference",    "low",     "high",
    "bootstrap_low", "bootstrap_high", "se_text",       "se_seed", "p",
    "p_holm",        "shown_from",     "verdict",       "note"};

/// Writes the file, whole or not at all. Throws ConfigError where another kind of file is there,
/// DataError where it cannot be written.
void write_comparison_csv(const TrialComparison& comparison, const std::filesystem::path& file);

}  // namespace nf
