#include "eval/output/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "core/base/check.h"
#include "core/base/utf8.h"
#include "eval/output/cut_middle.h"

namespace nf {
namespace {

constexpr Index kGap = 2;              ///< blanks between two columns
constexpr Index kIndent = 2;           ///< of a label under its section
constexpr Index kNarrowestLabel = 20;  ///< columns give way before labels are cut further
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

/// How many of the first bytes two texts share, at most so many.
std::size_t common_front(std::string_view a, std::string_view b, std::size_t most) {
  std::size_t count = 0;
  while (count < std::min({most, a.size(), b.size()}) && a[count] == b[count]) ++count;
  return count;
}
std::size_t common_back(std::string_view a, std::string_view b, std::size_t most) {
  std::size_t count = 0;
  while (count < std::min({most, a.size(), b.size()}) &&
         a[a.size() - 1 - count] == b[b.size() - 1 - count])
    ++count;
  return count;
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
  Index spread = 0;  ///< with its "± "; 0 where no value has one

  Index spread_width() const { return spread == 0 ? 0 : spread + 1; }
  Index values() const { return std::max(word, before + after); }
  Index numbers() const { return values() + spread_width(); }
  Index width() const {
    Index width = numbers();
    for (const std::string& line : heading) width = std::max(width, display_width(line));
    return width;
  }
  void make_room(const std::string& number) {
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

/// The bytes that the labels of a section begin and end with alike, in whole words.
struct TextTable::CommonEnds {
  std::size_t front = 0, back = 0;

  std::string inner(const std::string& label) const {
    if (front + back >= label.size()) return label;
    return (front > 0 ? "…" : "") + label.substr(front, label.size() - front - back) +
           (back > 0 ? "…" : "");
  }
};

/// The room of labels, and where they are cut for it.
struct TextTable::LabelCut {
  Index width = 0;                    ///< with the indent
  Index quarters = 2;                 ///< of what is left in front of the cut
  std::vector<CommonEnds> without{};  ///< by row: what is left out; empty: nothing

  std::string text(const std::string& label, std::size_t row) const {
    const Index room = std::max<Index>(1, width - kIndent);
    const bool is_whole = without.empty() || display_width(label) <= room;
    return cut_middle(is_whole ? label : without[row].inner(label), room, quarters);
  }
};

/// The layout of the table for one width.
struct TextTable::Layout {
  LabelCut labels{};
  std::vector<NumberColumn> columns{};
  std::vector<std::size_t> dropped{};  ///< in this order

  Index numbers_width() const {
    Index width = 0;
    for (const NumberColumn& column : columns) width += kGap + column.width();
    return width;
  }
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

std::string in_one_line(const std::string& text) {
  std::string line = text;
  for (char& c : line)
    if (c == '\n') c = ' ';
  return without_trailing_blanks(line.substr(std::min(line.find_first_not_of(' '), line.size())));
}

std::string single_spaced(const std::string& text) {
  std::string spaced;
  for (const char c : text)
    if (c != ' ' || (!spaced.empty() && spaced.back() != ' ')) spaced += c;
  return without_trailing_blanks(spaced);
}

std::string spread_text(const TableCell& cell) {
  const bool is_plain = cell.spread.empty() || cell.spread.front() == '[';
  return is_plain ? cell.spread : std::string(kPlusMinus) + cell.spread;
}

TextTable::TextTable(std::vector<std::string> headings) : headings_(std::move(headings)) {
  drop_first({});
}

void TextTable::drop_first(const std::vector<std::size_t>& columns) {
  drop_order_ = columns;
  for (std::size_t c = headings_.size(); c-- > 0;)
    if (std::find(columns.begin(), columns.end(), c) == columns.end()) drop_order_.push_back(c);
}

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

std::vector<std::size_t> TextTable::used_columns() const {
  std::vector<std::size_t> used;
  for (std::size_t c = 0; c < headings_.size(); ++c)
    if (std::any_of(rows_.begin(), rows_.end(), [c](const Row& row) {
          return row.has_numbers() && !row.cells[c].value.empty();
        }))
      used.push_back(c);
  return used;
}

std::vector<std::size_t> TextTable::shown_columns(Index width) const {
  std::vector<std::size_t> shown;
  for (const NumberColumn& column : fit(width).columns) shown.push_back(column.cell);
  return shown;
}

TextTable::NumberColumn TextTable::measure(std::size_t column) const {
  NumberColumn measured{.cell = column, .heading = split_lines(headings_[column])};
  for (const Row& row : rows_) {
    if (!row.has_numbers() || row.cells[column].value.empty()) continue;
    measured.make_room(row.cells[column].value);
    measured.spread = std::max(measured.spread, display_width(spread_text(row.cells[column])));
  }
  return measured;
}

/// What the labels of each row's section have in common, up to the last blank or comma of it.
std::vector<TextTable::CommonEnds> TextTable::common_ends() const {
  std::vector<CommonEnds> ends(rows_.size());
  for (std::size_t first = 0; first < rows_.size();) {
    std::size_t end = first;
    const Row* row = nullptr;
    CommonEnds common;
    for (; end < rows_.size() && (end == first || rows_[end].has_numbers()); ++end) {
      if (!rows_[end].has_numbers()) continue;
      const std::string& label = rows_[end].label;
      if (row == nullptr) {
        row = &rows_[end];
        common = {label.size(), label.size()};
      }
      common.front = common_front(row->label, label, common.front);
      common.back = common_back(row->label, label, common.back);
    }
    if (row != nullptr) {
      common.front = common.front == 0 ? 0 : row->label.find_last_of(" ,", common.front - 1) + 1;
      const std::size_t gap = row->label.find_first_of(" ,", row->label.size() - common.back);
      common.back = gap == std::string::npos ? 0 : row->label.size() - gap;
    }
    for (std::size_t at = first; at < end; ++at) ends[at] = common;
    first = end;
  }
  return ends;
}

/// Whether the labels of each section differ that differ as a whole.
bool TextTable::are_distinct(const LabelCut& cut) const {
  std::set<std::string> shown, whole;
  for (std::size_t at = 0; at < rows_.size(); ++at) {
    const Row& row = rows_[at];
    if (row.has_numbers()) {
      if (whole.insert(row.label).second && !shown.insert(cut.text(row.label, at)).second)
        return false;
    } else {
      shown.clear();
      whole.clear();
    }
  }
  return true;
}

/// The narrowest labels at which those of each section differ, at most half of the width: cut in
/// the middle where that can be, else elsewhere, else without what all have in common. Whole where
/// they never do.
TextTable::LabelCut TextTable::least_labels(Index width, Index whole) const {
  const Index most = std::max(kNarrowestLabel, width / 2);
  for (const bool is_inner : {false, true}) {
    for (const Index quarters : {2, 3, 1, 4, 0}) {
      LabelCut cut{most, quarters, is_inner ? common_ends() : std::vector<CommonEnds>()};
      if (!are_distinct(cut)) continue;
      Index least = kNarrowestLabel, known = most;  // wider labels only tell more apart
      while (least < known) {
        cut.width = least + (known - least) / 2;
        if (are_distinct(cut))
          known = cut.width;
        else
          least = cut.width + 1;
      }
      cut.width = known;
      return cut;
    }
  }
  return {whole};
}

TextTable::Layout TextTable::fit(Index width) const {
  Index whole_label = 0;
  for (const Row& row : rows_)
    if (row.has_numbers()) whole_label = std::max(whole_label, kIndent + display_width(row.label));
  Layout layout{.labels = {whole_label}};
  for (const std::size_t column : used_columns()) layout.columns.push_back(measure(column));
  if (width == 0 || whole_label + layout.numbers_width() <= width) return layout;
  const LabelCut cut = least_labels(width, whole_label);
  const Index least = std::min(whole_label, cut.width);
  for (const std::size_t column : drop_order_) {
    if (layout.columns.size() <= 1 || least + layout.numbers_width() <= width) break;
    const auto is_it = [column](const NumberColumn& each) { return each.cell == column; };
    if (std::erase_if(layout.columns, is_it) > 0) layout.dropped.push_back(column);
  }
  layout.labels = cut;
  layout.labels.width = std::min(whole_label, std::max(least, width - layout.numbers_width()));
  return layout;
}

std::string TextTable::render(Index width) const {
  const Layout layout = fit(width);
  std::string text = heading_text(layout);
  for (std::size_t at = 0; at < rows_.size(); ++at) {
    const Row& row = rows_[at];
    if (row.has_numbers())
      text += row_text(layout, at);
    else if (row.kind == Row::Kind::words)
      text += words_text(row.label, width);
    else
      text += (text.empty() ? "" : "\n") + row.label + '\n';
  }
  return text + dropped_text(layout, width);
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
    std::string line = blanks(layout.labels.width);
    for (const NumberColumn& column : layout.columns) {
      const std::size_t skipped = lines - column.heading.size();  // headings stand on the last line
      line += blanks(kGap) + column.place_heading(i < skipped ? "" : column.heading[i - skipped]);
    }
    text += without_trailing_blanks(line) + '\n';
  }
  return text;
}

std::string TextTable::row_text(const Layout& layout, std::size_t at) const {
  const Row& row = rows_[at];
  std::string line = blanks(kIndent) + layout.labels.text(row.label, at);
  line += blanks(layout.labels.width - display_width(line));
  for (const NumberColumn& column : layout.columns) {
    const TableCell& cell = row.cells[column.cell];
    line += blanks(kGap) + column.place(cell.value, spread_text(cell));
  }
  return without_trailing_blanks(line) + '\n';
}

std::string TextTable::dropped_text(const Layout& layout, Index width) const {
  if (layout.dropped.empty()) return "";
  std::string names;
  for (const std::size_t column : layout.dropped)
    names += (names.empty() ? "" : ", ") + in_one_line(headings_[column]);
  std::string text = "\n";
  for (const std::string& line :
       wrap_words(fmt::format("{} columns have no room for: {}", width, names), width))
    text += line + '\n';
  return text;
}

}  // namespace nf
