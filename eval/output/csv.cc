#include "eval/output/csv.h"

#include <array>
#include <charconv>
#include <cmath>

#include "core/base/check.h"
#include "eval/output/value_label.h"

namespace nf {
namespace {

void append_fields(const std::vector<std::string>& fields, std::string& text) {
  bool first = true;
  for (const std::string& field : fields) {
    if (!first) text += ',';
    first = false;
    if (field.find_first_of(",\"\r\n") == std::string::npos) {
      text += field;
      continue;
    }
    text += '"';
    for (const char c : field) {
      if (c == '"') text += '"';
      text += c;
    }
    text += '"';
  }
}

}  // namespace

void append_csv_number(double value, std::string& text) {
  if (std::isnan(value)) return;
  constexpr std::size_t kLongest = 32;  // the longest shortest form of a double has 24 characters
  std::array<char, kLongest> digits{};
  const std::to_chars_result end =
      std::to_chars(digits.data(), digits.data() + digits.size(), value);
  NF_CHECK(end.ec == std::errc(), "no decimal form of {}", value);
  text.append(digits.data(), end.ptr);
}

std::string csv_number(double value) {
  std::string text;
  append_csv_number(value, text);
  return text;
}

std::string csv_number(const std::optional<double>& value) {
  return value ? csv_number(*value) : "";
}

std::string csv_count(double value) { return std::to_string(std::llround(value)); }

std::string csv_value(const Json& value) {
  if (value.is_null()) return {};
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_float()) return csv_number(value.get<double>());
  return value.is_structured() ? value_label(value) : value.dump();
}

std::string csv_line(const std::vector<std::string>& fields) {
  std::string line;
  append_fields(fields, line);
  return line;
}

CsvText::CsvText(const std::vector<std::string>& columns) : columns_(columns.size()) {
  append_fields(columns, text_);
  text_ += '\n';
}

void CsvText::add_row(const std::vector<std::string>& fields) {
  NF_CHECK(fields.size() == columns_, "{} fields for {} columns", fields.size(), columns_);
  append_fields(fields, text_);
  text_ += '\n';
}

}  // namespace nf
