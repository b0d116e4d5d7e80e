#include "eval/results/row_fields.h"

#include <algorithm>

#include "eval/design/twin_words.h"
#include "eval/output/csv.h"

namespace nf {

std::vector<std::string> sweep_variables(const std::vector<RowKey>& keys) {
  std::vector<std::string> names;
  const auto add = [&names](const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  };
  for (const RowKey& key : keys) {
    for (const auto& [name, value] : key.vars.items()) add(name);
    if (key.search) add(kSearchVariable);
  }
  std::stable_partition(names.begin(), names.end(),
                        [](const std::string& name) { return name != kTwinVariable; });
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

std::vector<Json> row_values(const RowKey& key, const std::vector<std::string>& variables) {
  std::vector<Json> values = {key.id, key.name, key.model};
  values.push_back(key.seed ? Json(*key.seed) : Json(nullptr));
  for (const std::string& name : variables) {
    const auto found = key.vars.find(name);
    values.push_back(found == key.vars.end() ? Json(nullptr) : *found);
  }
  return values;
}

std::vector<std::string> row_fields(const RowKey& key, const std::vector<std::string>& variables) {
  std::vector<std::string> fields;
  for (const Json& value : row_values(key, variables)) fields.push_back(csv_value(value));
  return fields;
}

RowKey pooled_key(const std::vector<const ResultRow*>& rows) {
  RowKey key = rows.front()->key;
  if (std::any_of(rows.begin(), rows.end(),
                  [&key](const ResultRow* row) { return row->key.id != key.id; }))
    key.seed.reset();
  return key;
}

}  // namespace nf
