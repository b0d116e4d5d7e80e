#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/types.h"

namespace nf {

/// Columns of a terminal that a text takes: Chinese, Japanese and Korean characters and emoji take
/// two, combining marks none. Bytes that are no UTF-8 count one each.
Index display_width(std::string_view text);

/// Breaks a text at its spaces, and behind a '+' between two letters of a word (levels of a
/// design), into lines of at most `width` columns; a longer piece stays whole.
std::vector<std::string> wrap_words(std::string_view text, Index width);

/// A number as the table shows it, and its spread where there is one: "0.04", without the ±, or an
/// interval, "[0.01, 0.09]".
struct TableCell {
  std::string value;
  std::string spread;
};

/// A table for the terminal: one column of labels at the left, then columns of numbers aligned at
/// their decimal points. Sections have a heading line of their own; columns without any value are
/// left out.
///
/// Rendered to a width: where the whole does not fit, the spreads move under their values, and
/// where that does not help, labels are broken into several lines. Nothing is ever cut off.
class TextTable {
 public:
  /// Headings of the columns of numbers; '\n' breaks one into lines.
  explicit TextTable(std::vector<std::string> headings);

  void add_section(const std::string& heading);
  /// Words in the place of a row; no column becomes wider for them.
  void add_words(const std::string& words);
  /// As many cells as there are headings; an empty one stays blank.
  void add_row(const std::string& label, std::vector<TableCell> cells);

  /// Lines of at most `width` columns where possible; 0: as wide as it comes.
  std::string render(Index width) const;

 private:
  struct Row {
    enum class Kind { section, words, numbers } kind;
    std::string label;
    std::vector<TableCell> cells{};

    bool has_numbers() const { return kind == Kind::numbers; }
  };
  struct NumberColumn;
  struct Layout;

  Layout measure(bool spreads_beside) const;
  Layout fit(Index width) const;
  static std::string words_text(const std::string& words, Index width);
  static std::string heading_text(const Layout& layout);
  static std::string row_text(const Layout& layout, const Row& row);

  std::vector<std::string> headings_;
  std::vector<Row> rows_;
};

}  // namespace nf
