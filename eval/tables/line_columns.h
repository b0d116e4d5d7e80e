#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "eval/metrics/metric_registry.h"
#include "eval/metrics/task_figures.h"
#include "eval/output/table.h"
#include "eval/results/result_lines.h"

namespace nf {

/// A line with what its columns are made of.
struct LineSource {
  const ResultLine* line = nullptr;
  const ResultRow* baseline = nullptr;      ///< nullptr where there is none yet
  std::vector<const ResultRow*> samples{};  ///< ResultLine::samples()

  const ResultRow& first() const { return *line->rows.front(); }
  bool is_baseline() const { return line->key().name == "baseline"; }
};

/// A column of a table with a line per row: as a reader sees it, rounded, and as a program does.
struct LineColumn {
  std::string name;      ///< as results.csv spells it
  std::string heading;   ///< for readers; '\n' breaks it
  std::string legend{};  ///< a sentence for below the table; empty: it speaks for itself
  std::vector<std::string> fields{};  ///< the columns for programs: name, name_low, name_high
  std::function<std::string(double)> field_text{};  ///< a field's value for readers, where several
  bool higher_is_better = false;  ///< else the smallest comes first where it is sorted by
  std::function<TableCell(const LineSource&)> cell{};
  std::function<std::vector<Json>(const LineSource&)> values{};  ///< one a field; null: not known
  std::function<Json(const LineSource&)> sort_key{};  ///< costs no interval; null: the last
};

/// All columns that a line has. Means over the seeds; `±` and `_low`, `_high`: 95 % intervals over
/// text and seeds.
std::vector<LineColumn> line_columns(const MetricRegistry& metrics,
                                     const std::vector<TaskHeading>& tasks,
                                     const std::vector<std::string>& variables);

/// The figures of `--figure`, each with the names of its columns: nll has nll and delta_nll.
struct LineFigure {
  std::string name;
  std::vector<std::string> columns;
};
std::vector<LineFigure> line_figures(const MetricRegistry& metrics,
                                     const std::vector<TaskHeading>& tasks);

/// The column of that name. what: of the command line, for the message. Throws ConfigError "WHAT:
/// unknown column ..." with a suggestion.
const LineColumn& find_column(const std::vector<LineColumn>& columns, const std::string& name,
                              const std::string& what);

/// A column of one field alone, of those that name an end of an interval; none where no column has
/// it.
std::optional<LineColumn> field_column(const std::vector<LineColumn>& columns,
                                       const std::string& field);

/// The columns of these names, in their order. what: as of find_column().
std::vector<const LineColumn*> named_columns(const std::vector<LineColumn>& columns,
                                             const std::vector<std::string>& names,
                                             const std::string& what);

LineSource source_of(const ResultLine& line, const ModelLines& model);
/// "opt: 8176 tokens scored in 16 windows", "so far" where there is more text.
std::string text_heading(const ModelLines& model);
/// A table with these columns, the least telling of which are left out first where there is no
/// room: KL stays longest, but for those of `kept`, the first of them behind all others.
TextTable table_of(const std::vector<const LineColumn*>& columns,
                   const std::vector<std::string>& kept = {});
/// A cell a column; of a line whose rows have all failed the first says so.
std::vector<TableCell> reader_cells(const std::vector<const LineColumn*>& columns,
                                    const LineSource& source);
/// The meaning of the columns in one paragraph; empty where they speak for themselves. shown: those
/// that the table has room for and values of.
std::string columns_legend(const std::vector<const LineColumn*>& columns,
                           const std::vector<std::size_t>& shown);

/// The columns of text that a reader sees where none are named.
extern const std::vector<std::string> kUsualColumns;

}  // namespace nf
