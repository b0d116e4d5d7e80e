#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/json.h"
#include "core/base/types.h"

namespace nf {

/// The shortest decimal that reads back as the same double; `inf` and `-inf`; nothing for not a
/// number, which stands for a figure that is not known.
std::string csv_number(double value);
std::string csv_number(const std::optional<double>& value);
/// A count that is kept as a double, without an exponent: readers take it for an integer.
std::string csv_count(double value);
/// A value of an experiment file as a field: text as it is, numbers as csv_number has them, null as
/// nothing, lists and mappings as value_label() calls them.
std::string csv_value(const Json& value);

/// The same at the end of a text.
void append_csv_number(double value, std::string& text);
/// The fields of a line, as CsvText writes them, without the line break.
std::string csv_line(const std::vector<std::string>& fields);

/// A table of text in CSV (RFC 4180): fields with a comma, a quote or a line break stand in quotes,
/// a quote inside is doubled. Lines end in '\n' alone, as files of a Unix system do; every reader
/// of CSV takes that.
class CsvText {
 public:
  explicit CsvText(const std::vector<std::string>& columns);
  /// Rows alone, of a table whose head is written elsewhere.
  static CsvText without_head(std::size_t columns) { return CsvText(columns); }

  /// Adds as many fields as there are columns.
  void add_row(const std::vector<std::string>& fields);
  const std::string& text() const { return text_; }
  /// Gives it away; nothing can be added behind that.
  std::string take() { return std::move(text_); }

 private:
  explicit CsvText(std::size_t columns) : columns_(columns) {}

  std::size_t columns_ = 0;
  std::string text_;
};

}  // namespace nf
