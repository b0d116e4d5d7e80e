#include "eval/output/latex_table.h"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace nf {
namespace {

using Replacement = std::pair<std::string_view, std::string_view>;

constexpr std::array<Replacement, 15> kOfText = {{{"\\", "\\textbackslash{}"},
                                                  {"{", "\\{"},
                                                  {"}", "\\}"},
                                                  {"$", "\\$"},
                                                  {"&", "\\&"},
                                                  {"#", "\\#"},
                                                  {"%", "\\%"},
                                                  {"_", "\\_"},
                                                  {"~", "\\textasciitilde{}"},
                                                  {"^", "\\textasciicircum{}"},
                                                  {"Δ", "$\\Delta$"},
                                                  {"‖", "$\\|$"},
                                                  {"±", "$\\pm$"},
                                                  {"×", "$\\times$"},
                                                  {"…", "\\dots{}"}}};

std::string with(std::string_view text, std::size_t& at) {
  for (const auto& [from, to] : kOfText) {
    if (!text.substr(at).starts_with(from)) continue;
    at += from.size();
    return std::string(to);
  }
  return std::string(1, text[at++] == '\n' ? ' ' : text[at - 1]);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// "1.2e-06" as 1.2\times 10^{-6}; other numbers and the rest as they are.
std::string math_text(const std::string& text) {
  std::string math;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_exponent = text[i] == 'e' && i > 0 && is_digit(text[i - 1]) &&
                             i + 2 < text.size() && (text[i + 1] == '-' || text[i + 1] == '+');
    if (!is_exponent) {
      math += text[i];
      continue;
    }
    const std::string sign = text[i + 1] == '-' ? "-" : "";
    i += 2;
    while (i + 1 < text.size() && text[i] == '0' && is_digit(text[i + 1])) ++i;
    math += "\\times 10^{" + sign;
    while (i < text.size() && is_digit(text[i])) math += text[i++];
    math += '}';
    --i;
  }
  return math;
}

/// Numbers and what stands around them are mathematics, "failed" is not.
std::string cell_text(const TableCell& aligned) {
  const TableCell cell{single_spaced(aligned.value), single_spaced(aligned.spread)};
  if (cell.value.empty()) return "";
  if (cell.value.find_first_of("0123456789") == std::string::npos) return latex_text(cell.value);
  const bool is_marked = cell.value.back() == '*';
  const std::string number = is_marked ? cell.value.substr(0, cell.value.size() - 1) : cell.value;
  if (number.find_first_not_of("0123456789.+-e") != std::string::npos)
    return latex_text(cell.value + (cell.spread.empty() ? "" : " " + spread_text(cell)));
  std::string text = "$" + (is_marked ? "{" + math_text(number) + "}^{*}" : math_text(number));
  if (!cell.spread.empty())
    text += (cell.spread.front() == '[' ? "\\ " : " \\pm ") + math_text(cell.spread);
  return text + "$";
}

std::string row_text(const TextTable::Row& row, const std::vector<std::size_t>& columns) {
  if (!row.has_numbers()) {
    const bool is_section = row.kind == TextTable::Row::Kind::section;
    return fmt::format(
        "{}\\multicolumn{{{}}}{{l}}{{{}}} \\\\\n", is_section ? "\\midrule\n" : "",
        columns.size() + 1,
        is_section ? "\\textit{" + latex_text(row.label) + "}" : latex_text(row.label));
  }
  std::string text = latex_text(row.label);
  for (const std::size_t column : columns) text += " & " + cell_text(row.cells[column]);
  return text + " \\\\\n";
}

}  // namespace

std::string latex_text(std::string_view text) {
  std::string escaped;
  for (std::size_t at = 0; at < text.size();) escaped += with(text, at);
  return escaped;
}

std::string latex_comment(std::string_view text) {
  std::string comment;
  bool at_start = true;
  for (const char c : text) {
    if (at_start) comment += c == '\n' ? "%" : "% ";
    comment += c;
    at_start = c == '\n';
  }
  return comment;
}

std::string latex_table(const TextTable& table) {
  const std::vector<std::size_t> columns = table.used_columns();
  std::string text = "% needs \\usepackage{booktabs}\n\\begin{tabular}{l" +
                     std::string(columns.size(), 'r') + "}\n\\toprule\n";
  for (const std::size_t column : columns)
    text += " & " + latex_text(in_one_line(table.headings()[column]));
  text += " \\\\\n";
  for (const TextTable::Row& row : table.rows()) text += row_text(row, columns);
  const bool has_section = !table.rows().empty() && !table.rows().front().has_numbers();
  if (!has_section) text.insert(text.find(" \\\\\n") + 4, "\\midrule\n");
  return text + "\\bottomrule\n\\end{tabular}\n";
}

}  // namespace nf
