#pragma once

#include <string>
#include <vector>

#include "eval/results/row_fields.h"

namespace nf {

inline std::vector<RowKey> keys_of(const std::vector<ResultRow>& rows) {
  std::vector<RowKey> keys;
  for (const ResultRow& row : rows) keys.push_back(row.key);
  return keys;
}

/// The variables of an experiment whose trials have all run.
inline std::vector<std::string> variables_of(const std::vector<ResultRow>& rows) {
  return sweep_variables(keys_of(rows));
}

}  // namespace nf
