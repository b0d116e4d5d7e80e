#include "eval/output/value_table.h"

#include "core/base/check.h"
#include "eval/output/csv.h"

namespace nf {

std::string csv_text(const ValueTable& table) {
  CsvText csv(table.columns);
  for (const std::vector<Json>& row : table.rows) {
    std::vector<std::string> fields;
    for (const Json& value : row) fields.push_back(csv_value(value));
    csv.add_row(fields);
  }
  return csv.text();
}

std::string json_text(const ValueTable& table) {
  std::string text = "[";
  for (const std::vector<Json>& row : table.rows) {
    NF_CHECK(row.size() == table.columns.size(), "{} values for {} columns", row.size(),
             table.columns.size());
    Json object = Json::object();
    for (std::size_t c = 0; c < row.size(); ++c) object[table.columns[c]] = row[c];
    text += (text.size() == 1 ? "\n  " : ",\n  ") +
            object.dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  return text + "\n]\n";
}

}  // namespace nf
