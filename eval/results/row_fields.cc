#include "eval/results/row_fields.h"

#include <algorithm>

#include "eval/output/csv.h"

namespace nf {

std::vector<std::string> sweep_variables(const std::vector<ResultRow>& rows) {
  std::vector<std::string> names;
  for (const ResultRow& row : rows)
    for (const auto& [name, value] : row.key.vars.items())
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  return names;
}

std::vector<std::string> variable_fields(const Json& vars,
                                         const std::vector<std::string>& variables) {
  std::vector<std::string> fields;
  for (const std::string& name : variables) {
    const auto found = vars.find(name);
    fields.push_back(found == vars.end() ? "" : csv_value(*found));
  }
  return fields;
}

std::vector<std::string> row_fields(const RowKey& key, const std::vector<std::string>& variables) {
  std::vector<std::string> fields = {key.name, key.model,
                                     key.seed ? std::to_string(*key.seed) : ""};
  const std::vector<std::string> values = variable_fields(key.vars, variables);
  fields.insert(fields.end(), values.begin(), values.end());
  return fields;
}

}  // namespace nf
