#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "eval/report/html.h"
#include "eval/report/section.h"
#include "eval/tables/line_columns.h"

namespace nf {
namespace {

/// A browser sorts and prints so many lines with ease.
constexpr std::size_t kMostLines = 200;

/// What a reader of the terminal sees: figures of text where there is text, and those of tasks.
std::vector<std::string> column_names(const ModelLines& model,
                                      const std::vector<TaskHeading>& tasks) {
  std::vector<std::string> names;
  if (!model.first_row().windows.empty()) names = kUsualColumns;
  for (const TaskHeading& task : tasks) {
    names.push_back(task.name + "_acc");
    names.push_back("delta_" + task.name + "_acc");
    if (task.has_ppl) names.push_back(task.name + "_ppl");
  }
  return names;
}

std::string cell_text(const TableCell& cell) {
  if (cell.spread.empty()) return cell.value;
  return cell.spread.starts_with('[') ? cell.value + " " + cell.spread
                                      : cell.value + " ± " + cell.spread;
}

std::string in_one_line(std::string heading) {
  std::replace(heading.begin(), heading.end(), '\n', ' ');
  return heading;
}

/// The lines of one model with the columns that have a value.
HtmlTable table_of(const ModelLines& model, const std::vector<const LineColumn*>& columns) {
  std::vector<std::pair<std::string, std::vector<TableCell>>> lines;
  for (const ResultLine& line : model.lines) {
    if (lines.size() == kMostLines) break;
    lines.emplace_back(line.label(), reader_cells(columns, source_of(line, model)));
  }
  HtmlTable table{.caption = model.first_row().windows.empty() ? model.model : text_heading(model),
                  .columns = {"trial"}};
  std::vector<std::size_t> used;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    const bool has_value = std::any_of(lines.begin(), lines.end(), [c](const auto& line) {
      return !line.second[c].value.empty();
    });
    if (!has_value) continue;
    used.push_back(c);
    table.columns.push_back(in_one_line(columns[c]->heading));
  }
  for (const auto& [label, cells] : lines) {
    std::vector<std::string> row = {label};
    for (const std::size_t c : used) row.push_back(cell_text(cells[c]));
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::optional<Section> make(const ReportInput& input) {
  if (input.metrics == nullptr) return std::nullopt;
  HtmlFragment html;
  bool any = false;
  for (const ReportPart& part : parts_of(input)) {
    const std::vector<TaskHeading>& tasks = part.run->contents.manifest.tasks;
    const std::vector<LineColumn> all = line_columns(*input.metrics, tasks, part.run->variables);
    const std::vector<const LineColumn*> columns =
        named_columns(all, column_names(*part.model, tasks), "");
    if (columns.empty()) continue;
    if (!part.heading.empty()) html.heading(part.heading);
    html.table(table_of(*part.model, columns));
    std::vector<std::size_t> shown(columns.size());
    for (std::size_t c = 0; c < shown.size(); ++c) shown[c] = c;
    html.paragraph(columns_legend(columns, shown));
    if (part.model->lines.size() > kMostLines)
      html.paragraph(fmt::format("These are the first {} of {} lines; noisefloor show has all.",
                                 kMostLines, part.model->lines.size()));
    any = true;
  }
  if (!any) return std::nullopt;
  return Section{.id = "numbers", .title = "All trials in numbers", .html = html.text()};
}

}  // namespace

void register_numbers(SectionRegistry& registry) {
  registry.add({.id = "numbers", .order = 25, .make = make});
}

}  // namespace nf
