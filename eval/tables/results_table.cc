#include "eval/tables/results_table.h"

#include <algorithm>

#include "eval/output/table.h"
#include "eval/results/result_lines.h"
#include "eval/tables/line_columns.h"
#include "eval/tables/line_remarks.h"
#include "eval/tables/line_rows.h"
#include "eval/tables/task_table.h"

namespace nf {
namespace {

struct TableAndLegend {
  std::string table, legend;
};

/// The table of the text: the usual columns.
TableAndLegend text_table(const std::vector<ModelLines>& models, const MetricRegistry& metrics,
                          Index columns, const LineLimit& limit) {
  const std::vector<LineColumn> all = line_columns(metrics, {}, {});
  const std::vector<const LineColumn*> usual = named_columns(all, kUsualColumns, "");
  TextTable table = table_of(usual);
  for (const ModelLines& model : models) {
    table.add_section(text_heading(model));
    add_lines(
        model, [&](const ResultLine& line) { return reader_cells(usual, source_of(line, model)); },
        table, limit);
  }
  return {table.render(columns), columns_legend(usual, table.shown_columns(columns))};
}

bool has_text(const std::vector<ResultRow>& rows) {
  return std::any_of(rows.begin(), rows.end(),
                     [](const ResultRow& row) { return row.text.windows > 0; });
}

}  // namespace

Index TableLimit::lines_of(Index parts) const {
  constexpr Index kHeading = 5;  // of a section and of what is left out, with the columns' names
  return lines == 0 ? 0 : std::max<Index>(1, lines / std::max<Index>(1, parts) - kHeading);
}

std::string results_table(const std::vector<ResultRow>& rows, const MetricRegistry& metrics,
                          Index columns, const std::vector<TaskHeading>& tasks,
                          const FollowedSearches* searches, const TableLimit& limit) {
  std::vector<ModelLines> models = group_rows(rows);
  mark_searches(searches, models);
  const bool text = tasks.empty() || has_text(rows);
  const Index tables = (text ? 1 : 0) + (tasks.empty() ? 0 : 1);
  const LineLimit of_model{.lines = limit.lines_of(std::ssize(models) * tables),
                           .command = limit.command};
  const TableAndLegend of_text =
      text ? text_table(models, metrics, columns, of_model) : TableAndLegend{};
  std::string result = of_text.table;
  if (!tasks.empty()) result += (text ? "\n" : "") + task_table(models, tasks, columns, of_model);
  result += line_remarks(models, tasks);
  if (text) result += legend_text(of_text.legend, columns);
  if (!tasks.empty()) result += legend_text(kTaskLegend, columns);
  return result;
}

}  // namespace nf
