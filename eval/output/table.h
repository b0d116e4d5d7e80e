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

/// A table for readers: one column of labels at the left, then columns of numbers aligned at their
/// decimal points. Sections have a heading line of their own; columns without any value are left
/// out.
///
/// Rendered to a width, a row is one line all the same: where the whole does not fit, labels are
/// cut in the middle, or elsewhere if they differ there, or what all of a section have in common is
/// left out, as long as those of a section can be told apart (labels that never can stay whole),
/// and where that does not help columns are left out, in the order of drop_first(), and named below
/// the table.
class TextTable {
 public:
  struct Row {
    enum class Kind { section, words, numbers } kind;
    std::string label;
    std::vector<TableCell> cells{};

    bool has_numbers() const { return kind == Kind::numbers; }
  };

  /// Headings of the columns of numbers; '\n' breaks one into lines.
  explicit TextTable(std::vector<std::string> headings);

  /// Columns that are left out where there is no room, the first of them first; behind these come
  /// the others, the last first. One is always kept.
  void drop_first(const std::vector<std::size_t>& columns);
  void add_section(const std::string& heading);
  /// Words in the place of a row; no column becomes wider for them.
  void add_words(const std::string& words);
  /// Adds as many cells as there are headings; an empty one stays blank.
  void add_row(const std::string& label, std::vector<TableCell> cells);

  const std::vector<std::string>& headings() const { return headings_; }
  const std::vector<Row>& rows() const { return rows_; }
  /// The columns that have a value, in their order.
  std::vector<std::size_t> used_columns() const;
  /// The columns of them that render() has room for.
  std::vector<std::size_t> shown_columns(Index width) const;

  /// Lines of at most `width` columns where possible; 0: as wide as it comes.
  std::string render(Index width) const;

 private:
  struct NumberColumn;
  struct Layout;
  struct LabelCut;
  struct CommonEnds;

  NumberColumn measure(std::size_t column) const;
  LabelCut least_labels(Index width, Index whole) const;
  std::vector<CommonEnds> common_ends() const;
  bool are_distinct(const LabelCut& cut) const;
  Layout fit(Index width) const;
  static std::string words_text(const std::string& words, Index width);
  static std::string heading_text(const Layout& layout);
  std::string row_text(const Layout& layout, std::size_t row) const;
  std::string dropped_text(const Layout& layout, Index width) const;

  std::vector<std::string> headings_;
  std::vector<std::size_t> drop_order_;  ///< all columns
  std::vector<Row> rows_;
};

/// The heading of a column, or another text, in one line.
std::string in_one_line(const std::string& text);
/// A text whose blanks beside each other are one: without what aligns it on a terminal.
std::string single_spaced(const std::string& text);
/// The spread of a cell as it stands behind the value: "± 0.04", "[0.01, 0.09]".
std::string spread_text(const TableCell& cell);

}  // namespace nf
