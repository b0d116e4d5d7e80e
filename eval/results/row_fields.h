#pragma once

#include <string>
#include <vector>

#include "eval/results/results.h"

namespace nf {

/// Names of all sweep variables, of levels of designs and, where there is a search, of its value,
/// in order of first appearance, but for `twin`, which is the last. keys: of all rows of an
/// experiment, those without a record too, so that the columns of its files do not depend on what
/// has run.
std::vector<std::string> sweep_variables(const std::vector<RowKey>& keys);

/// The values of the sweep variables, empty where the row has none.
std::vector<std::string> variable_fields(const Json& vars,
                                         const std::vector<std::string>& variables);

/// The first values of a row of a table: id, name, model, seed (null for the baseline), then those
/// of the sweep variables, null where the row has none.
std::vector<Json> row_values(const RowKey& key, const std::vector<std::string>& variables);
/// The same as fields of a CSV file, empty for null.
std::vector<std::string> row_fields(const RowKey& key, const std::vector<std::string>& variables);

/// The key of what several rows of one line are together: that of the first, without a seed where
/// they do not share an id.
RowKey pooled_key(const std::vector<const ResultRow*>& rows);

}  // namespace nf
