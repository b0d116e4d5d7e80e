#pragma once

#include <string>
#include <vector>

#include "core/base/json.h"

namespace nf {

/// A table for programs: values with all their digits; null: not known.
struct ValueTable {
  std::vector<std::string> columns;
  std::vector<std::vector<Json>> rows{};  ///< as many values as there are columns
};

/// CsvText, numbers as csv_number() has them, null as nothing.
std::string csv_text(const ValueTable& table);
/// A list of objects, one a line. JSON has no infinite number: that is null, too.
std::string json_text(const ValueTable& table);

}  // namespace nf
