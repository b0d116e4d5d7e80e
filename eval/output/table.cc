#include "eval/output/table.h"

#include <algorithm>
#include <array>

#include "core/base/check.h"
#include "core/base/utf8.h"

namespace nf {
namespace {

constexpr Index kGap = 2;     ///< blanks between two columns
constexpr Index kIndent = 2;  ///< of a label under its section
constexpr Index kNarrowestLabel =
    16;  ///< below this, breaking labels reads worse than a wide table
constexpr std::string_view kPlusMinus = "± ";

struct CodePointRange {
  char32_t first;
  char32_t last;
};
// The blocks of Unicode 15.0 whose East_Asian_Width is W or F, joined where nothing of another
// width is likely to be met between them.
constexpr std::array<CodePointRange, 10> kWide = {{{0x1100, 0x115f},
                                                   {0x2e80, 0xa4cf},
                                                   {0xac00, 0xd7a3},
                                                   {0xf900, 0xfaff},
                                                   {0xfe30, 0xfe6f},
                                                   {0xff00, 0xff60},
                                                   {0xffe0, 0xffe6},
                                                   {0x1f300, 0x1f64f},
                                                   {0x1f900, 0x1f9ff},
                                                   {0x20000, 0x3fffd}}};
constexpr std::array<CodePointRange, 3> kCombining = {
    {{0x0300, 0x036f}, {0x200b, 0x200f}, {0xfe00, 0xfe0f}}};

template <std::size_t n>
bool contains(const std::array<CodePointRange, n>& ranges, char32_t point) {
  return std::any_of(ranges.begin(), ranges.end(), [point](const CodePointRange& range) {
    return point >= range.first && point <= range.last;
  });
}

std::string blanks(Index count) {
  return std::string(static_cast<std::size_t>(std::max<Index>(0, count)), ' ');
}

std::vector<std::string> split_lines(const std::string& text) {
  std::vector<std::string> lines(1);
  for (const char c : text) {
    if (c == '\n')
      lines.emplace_back();
    else
      lines.back() += c;
  }
  return lines;
}

/// A number has a decimal point to be aligned at; "failed" and "inf" have none.
bool is_number(const std::string& text) {
  return text.find_first_of("0123456789") != std::string::npos;
}

/// Columns before the decimal point; all of a text that has none.
Index width_before_point(const std::string& number) {
  return display_width(std::string_view(number).substr(0, number.find('.')));
}
Index width_from_point(const std::string& number) {
  return display_width(number) - width_before_point(number);
}

std::string with_sign(const TableCell& cell) {
  const bool is_plain = cell.spread.empty() || cell.spread.front() == '[';
  return is_plain ? cell.spread : std::string(kPlusMinus) + cell.spread;
}

std::string without_trailing_blanks(std::string line) {
  line.resize(line.find_last_not_of(' ') + 1);
  return line;
}

}  // namespace

/// One column of numbers, measured: [before the point][from the point on][± spread].
struct TextTable::NumberColumn {
  std::size_t cell = 0;
  std::vector<std::string> heading;
  Index before = 0;
  Index after = 0;
  Index word = 0;    ///< of cells that are no number
  Index spread = 0;  ///< with its "± ", 0 when there is none beside the values
  bool used = false;

  Index spread_width() const { return spread == 0 ? 0 : spread + 1; }
  Index values() const { return std::max(word, before + after); }
  Index numbers() const { return values() + spread_width(); }
  Index width() const {
    Index width = numbers();
    for (const std::string& line : heading) width = std::max(width, display_width(line));
    return width;
  }
  void make_room(const std::string& number) {
    used = true;
    if (!is_number(number)) {
      word = std::max(word, display_width(number));
      return;
    }
    before = std::max(before, width_before_point(number));
    after = std::max(after, width_from_point(number));
  }
  std::string place(const std::string& value, const std::string& beside) const {
    const Index after_value = is_number(value) ? after - width_from_point(value) : 0;
    std::string text =
        blanks(width() - spread_width() - after_value - display_width(value)) + value;
    if (!beside.empty()) text += blanks(after_value + 1) + beside;
    return text + blanks(width() - display_width(text));
  }
  /// Headings end where the values end, not where the spreads do.
  std::string place_heading(const std::string& line) const {
    const std::string text = blanks(width() - spread_width() - display_width(line)) + line;
    return text + blanks(width() - display_width(text));
  }
};

/// The layout of the table for one width.
struct TextTable::Layout {
  bool spreads_beside = true;  ///< or on a line below the values
  Index label_width = 0;
  Index numbers_width = 0;
  std::vector<NumberColumn> columns;  ///< those with a value
};

Index display_width(std::string_view text) {
  if (find_invalid_utf8(text)) return static_cast<Index>(text.size());
  Index width = 0;
  for (Index at = 0; at < static_cast<Index>(text.size());
       at += utf8_length(text[static_cast<std::size_t>(at)])) {
    const char32_t point = code_point_at(text, at);
    width += contains(kWide, point) ? 2 : contains(kCombining, point) ? 0 : 1;
  }
  return width;
}

std::vector<std::string> wrap_words(std::string_view text, Index width) {
  const auto joins = [text](std::size_t at) {
    const auto is_inside = [](char c) { return c != ' ' && c != '+'; };
    return text[at] == '+' && at > 0 && is_inside(text[at - 1]) && at + 1 < text.size() &&
           is_inside(text[at + 1]);
  };
  std::vector<std::string> lines(1);
  std::string_view gap;  // in front of the next piece, where it goes on the same line
  std::size_t at = 0;
  while (at <= text.size()) {
    std::size_t end = at;
    while (end < text.size() && text[end] != ' ' && !joins(end)) ++end;
    const bool is_joined = end < text.size() && text[end] == '+';
    const std::string_view piece = text.substr(at, end - at + (is_joined ? 1 : 0));
    at = end + 1;
    std::string& line = lines.back();
    const auto joined_width =
        display_width(line) + static_cast<Index>(gap.size()) + display_width(piece);
    if (line.empty())
      line = piece;
    else if (joined_width <= width)
      line.append(gap).append(piece);
    else
      lines.emplace_back(piece);
    gap = is_joined ? "" : " ";
  }
  return lines;
}

TextTable::TextTable(std::vector<std::string> headings) : headings_(std::move(headings)) {}

void TextTable::add_section(const std::string& heading) {
  rows_.push_back({.kind = Row::Kind::section, .label = heading});
}

void TextTable::add_words(const std::string& words) {
  rows_.push_back({.kind = Row::Kind::words, .label = words});
}

void TextTable::add_row(const std::string& label, std::vector<TableCell> cells) {
  NF_CHECK(cells.size() == headings_.size(), "{} cells for {} columns", cells.size(),
           headings_.size());
  rows_.push_back({.kind = Row::Kind::numbers, .label = label, .cells = std::move(cells)});
}

TextTable::Layout TextTable::measure(bool spreads_beside) const {
  Layout layout;
  layout.spreads_beside = spreads_beside;
  for (std::size_t c = 0; c < headings_.size(); ++c) {
    NumberColumn column;
    for (const Row& row : rows_) {
      if (!row.has_numbers() || row.cells[c].value.empty()) continue;
      column.make_room(row.cells[c].value);
      const std::string spread = with_sign(row.cells[c]);
      if (spread.empty()) continue;
      if (spreads_beside)
        column.spread = std::max(column.spread, display_width(spread));
      else
        column.make_room(spread);
    }
    if (!column.used) continue;
    column.cell = c;
    column.heading = split_lines(headings_[c]);
    layout.numbers_width += kGap + column.width();
    layout.columns.push_back(std::move(column));
  }
  return layout;
}

TextTable::Layout TextTable::fit(Index width) const {
  Index whole_label = 0;
  Index longest_word = kNarrowestLabel;
  for (const Row& row : rows_) {
    if (!row.has_numbers()) continue;
    whole_label = std::max(whole_label, kIndent + display_width(row.label));
    for (const std::string& word : wrap_words(row.label, 0))
      longest_word = std::max(longest_word, 2 * kIndent + display_width(word));
  }
  Layout layout = measure(true);
  layout.label_width = whole_label;
  if (width > 0 && whole_label + layout.numbers_width > width) {
    layout = measure(false);
    layout.label_width =
        std::min(whole_label, std::max(longest_word, width - layout.numbers_width));
  }
  return layout;
}

std::string TextTable::render(Index width) const {
  const Layout layout = fit(width);
  std::string text = heading_text(layout);
  for (const Row& row : rows_) {
    if (row.has_numbers())
      text += row_text(layout, row);
    else if (row.kind == Row::Kind::words)
      text += words_text(row.label, width);
    else
      text += (text.empty() ? "" : "\n") + row.label + '\n';
  }
  return text;
}

std::string TextTable::words_text(const std::string& words, Index width) {
  if (width == 0) return blanks(kIndent) + words + '\n';
  std::string text;
  for (const std::string& line : wrap_words(words, width - 2 * kIndent))
    text += blanks(text.empty() ? kIndent : 2 * kIndent) + line + '\n';
  return text;
}

std::string TextTable::heading_text(const Layout& layout) {
  std::size_t lines = 0;
  for (const NumberColumn& column : layout.columns) lines = std::max(lines, column.heading.size());
  std::string text;
  for (std::size_t i = 0; i < lines; ++i) {
    std::string line = blanks(layout.label_width);
    for (const NumberColumn& column : layout.columns) {
      const std::size_t skipped = lines - column.heading.size();  // headings stand on the last line
      line += blanks(kGap) + column.place_heading(i < skipped ? "" : column.heading[i - skipped]);
    }
    text += without_trailing_blanks(line) + '\n';
  }
  return text;
}

std::string TextTable::row_text(const Layout& layout, const Row& row) {
  std::string values;
  std::string spreads;  // the line below
  for (const NumberColumn& column : layout.columns) {
    const TableCell& cell = row.cells[column.cell];
    const std::string spread = with_sign(cell);
    values += blanks(kGap) + column.place(cell.value, layout.spreads_beside ? spread : "");
    spreads += blanks(kGap) + column.place(layout.spreads_beside ? "" : spread, "");
  }
  if (without_trailing_blanks(spreads).empty()) spreads.clear();

  std::vector<std::string> labels = {row.label};
  if (kIndent + display_width(row.label) > layout.label_width)
    labels = wrap_words(row.label, layout.label_width - 2 * kIndent);
  labels.resize(std::max<std::size_t>(labels.size(), spreads.empty() ? 1 : 2));
  std::string text;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    std::string line = blanks(i == 0 ? kIndent : 2 * kIndent) + labels[i];
    line += blanks(layout.label_width - display_width(line));
    line += i == 0 ? values : i == 1 ? spreads : std::string();
    text += without_trailing_blanks(line) + '\n';
  }
  return text;
}

}  // namespace nf
