#pragma once

#include <string>
#include <vector>

#include "eval/results/results.h"

namespace nf {

/// Whether a row has a window with detail by confidence (`detail: confidence` or `tokens`).
bool has_confidence(const std::vector<ResultRow>& rows);

/// confidence.csv: kConfidenceBins rows for each result that has detail: id, name, model, seed, one
/// column per sweep variable, bin_low, bin_high (of the baseline's probability of its most probable
/// token), tokens, and over these the means of bin_columns(), empty where there is no token.
/// Windows without detail do not count. variables: the experiment's.
std::string confidence_csv(const std::vector<ResultRow>& rows,
                           const std::vector<std::string>& variables);
/// The rows of one result, each with its line break; none where it has no such detail.
std::string confidence_rows(const ResultRow& row, const std::vector<std::string>& variables);

}  // namespace nf
