#include "eval/output/markdown_table.h"

#include <algorithm>

namespace nf {
namespace {

std::string cell_text(const TableCell& cell) {
  const std::string spread = spread_text(cell);
  return markdown_text(single_spaced(cell.value + (spread.empty() ? "" : " " + spread)));
}

std::string header(const TextTable& table, const std::vector<std::size_t>& columns) {
  std::string names = "| |", rules = "|:--|";
  for (const std::size_t column : columns) {
    names += " " + markdown_text(in_one_line(table.headings()[column])) + " |";
    rules += "--:|";
  }
  return names + '\n' + rules + '\n';
}

}  // namespace

std::string markdown_text(std::string_view text) {
  std::string line = markdown_paragraphs(text);
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

std::string markdown_paragraphs(std::string_view text) {
  constexpr std::string_view kMarkup = "\\|`*_<>[]~&#";
  std::string escaped;
  for (const char c : text) {
    if (kMarkup.find(c) != std::string_view::npos) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string markdown_table(const TextTable& table) {
  const std::vector<std::size_t> columns = table.used_columns();
  std::string text;
  bool has_header = false;
  for (const TextTable::Row& row : table.rows()) {
    if (!row.has_numbers()) {
      const bool is_section = row.kind == TextTable::Row::Kind::section;
      const std::string mark = is_section ? "**" : "";
      text += (text.empty() || text.ends_with("\n\n") ? "" : "\n") + mark +
              markdown_text(row.label) + mark + "\n\n";
      has_header = false;
      continue;
    }
    if (!has_header) text += header(table, columns);
    has_header = true;
    text += "| " + markdown_text(row.label) + " |";
    for (const std::size_t column : columns) {
      const std::string cell = cell_text(row.cells[column]);
      text += cell.empty() ? " |" : " " + cell + " |";
    }
    text += '\n';
  }
  return text;
}

}  // namespace nf
