#pragma once

#include <string>
#include <vector>

#include "eval/results/results.h"

namespace nf {

/// Names of all sweep variables, in order of first appearance.
std::vector<std::string> sweep_variables(const std::vector<ResultRow>& rows);

/// The values of the sweep variables, empty where the row has none.
std::vector<std::string> variable_fields(const Json& vars,
                                         const std::vector<std::string>& variables);

/// The first fields of a row of a CSV file: name, model, seed (empty for the baseline), then the
/// values of the sweep variables, empty where the row has none.
std::vector<std::string> row_fields(const RowKey& key, const std::vector<std::string>& variables);

}  // namespace nf
