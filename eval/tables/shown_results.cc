#include "eval/tables/shown_results.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/base/printable.h"
#include "core/base/suggest.h"
#include "eval/metrics/columns.h"
#include "eval/output/reader_text.h"
#include "eval/output/value_table.h"
#include "eval/results/row_fields.h"
#include "eval/tables/line_columns.h"
#include "eval/tables/line_remarks.h"
#include "eval/tables/line_rows.h"

namespace nf {
namespace {

/// Columns that tables for programs begin with, whatever is asked for.
bool is_in_front(const std::string& column) {
  return column == "seeds" || std::find(std::begin(kTrialColumns), std::end(kTrialColumns),
                                        column) != std::end(kTrialColumns);
}

/// The columns that are asked for.
std::vector<const LineColumn*> chosen_columns(const std::vector<LineColumn>& columns,
                                              const MetricRegistry& metrics,
                                              const std::vector<TaskHeading>& tasks,
                                              const ShowRequest& request, bool has_text) {
  if (!request.columns.empty()) return named_columns(columns, request.columns, "--columns");
  std::vector<std::string> names;
  const std::vector<LineFigure> figures = line_figures(metrics, tasks);
  for (const std::string& wanted : request.figures) {
    const auto figure =
        std::find_if(figures.begin(), figures.end(),
                     [&wanted](const LineFigure& each) { return each.name == wanted; });
    if (figure == figures.end()) {
      std::vector<std::string> known;
      for (const LineFigure& each : figures) known.push_back(each.name);
      throw ConfigError(fmt::format("--figure: unknown figure '{}'{}", printable(wanted),
                                    suggestion(wanted, known)));
    }
    names.insert(names.end(), figure->columns.begin(), figure->columns.end());
  }
  if (!names.empty()) return named_columns(columns, names, "--figure");
  if (!is_for_readers(request.format)) {
    std::vector<const LineColumn*> all;
    for (const LineColumn& column : columns)
      if (!is_in_front(column.name)) all.push_back(&column);
    return all;
  }
  if (has_text) names = kUsualColumns;
  for (const TaskHeading& task : tasks) {
    names.push_back(task.name + "_acc");
    names.push_back("delta_" + task.name + "_acc");
    if (task.has_ppl) names.push_back(task.name + "_ppl");
  }
  return named_columns(columns, names, "");
}

/// Adds those of these columns that are a field of another: kl_low.
void add_field_columns(const std::vector<std::string>& names, std::vector<LineColumn>& columns) {
  std::vector<LineColumn> fields;
  for (const std::string& name : names)
    if (std::optional<LineColumn> field = field_column(columns, name))
      fields.push_back(*std::move(field));
  std::move(fields.begin(), fields.end(), std::back_inserter(columns));
}

struct SortKey {
  const LineColumn* column;
  bool reversed;
  std::size_t field = 0;  ///< of the column: kl_low

  Json of(const LineSource& source) const {
    return field == 0 ? column->sort_key(source) : column->values(source)[field];
  }
};

/// The key of a column, or of one of its fields for programs.
SortKey sort_key(const std::vector<LineColumn>& columns, const std::string& text) {
  const bool reversed = text.starts_with('-');
  const std::string name = text.substr(reversed ? 1 : 0);
  for (const LineColumn& column : columns)
    for (std::size_t field = 1; field < column.fields.size(); ++field)
      if (column.fields[field] == name) return {&column, reversed, field};
  return {&find_column(columns, name, "--sort"), reversed};
}

/// Whether a comes before b; what is not known comes last either way.
bool comes_first(const Json& a, const Json& b, bool descending) {
  if (a.is_null() || b.is_null()) return !a.is_null() && b.is_null();
  if (a.is_number() && b.is_number())
    return descending ? a.get<double>() > b.get<double>() : a.get<double>() < b.get<double>();
  return descending ? b < a : a < b;
}

void sort_lines(const std::vector<LineColumn>& columns, const ShowRequest& request,
                ModelLines& model) {
  std::vector<SortKey> keys;
  for (const std::string& text : request.sort) keys.push_back(sort_key(columns, text));
  const bool has_baseline = model.baseline != nullptr;
  struct Sorted {
    ResultLine line;
    std::vector<Json> keys{};
  };
  std::vector<Sorted> lines;
  for (std::size_t i = has_baseline ? 1 : 0; i < model.lines.size(); ++i)
    lines.push_back({std::move(model.lines[i])});
  parallel_for(std::ssize(lines), [&](Index i) {
    Sorted& sorted = lines[static_cast<std::size_t>(i)];
    const LineSource source = source_of(sorted.line, model);
    for (const SortKey& key : keys) sorted.keys.push_back(key.of(source));
  });
  std::stable_sort(lines.begin(), lines.end(), [&keys](const Sorted& a, const Sorted& b) {
    for (std::size_t k = 0; k < keys.size(); ++k) {
      const bool descending = keys[k].column->higher_is_better != keys[k].reversed;
      if (comes_first(a.keys[k], b.keys[k], descending)) return true;
      if (comes_first(b.keys[k], a.keys[k], descending)) return false;
    }
    return false;
  });
  model.lines.resize(has_baseline ? 1 : 0);
  for (Sorted& sorted : lines) model.lines.push_back(std::move(sorted.line));
}

/// Leaves the selected lines, sorted, and of these the first; the baseline in front.
void narrow(const std::vector<LineColumn>& columns, const ShowRequest& request, ModelLines& model) {
  std::erase_if(model.lines, [&](const ResultLine& line) {
    return !request.selectors.empty() && line.key().name != "baseline" &&
           !is_selected(request.selectors, line.key());
  });
  if (!request.sort.empty()) sort_lines(columns, request, model);
  if (!request.top) return;
  const auto most = static_cast<std::size_t>(*request.top) + (model.baseline != nullptr ? 1 : 0);
  if (model.lines.size() > most) model.lines.resize(most);
}

/// Calls of(source) for each line, the threads sharing them out; the results in their order.
template <typename T, typename Of>
std::vector<T> of_lines(const ModelLines& model, const Of& of) {
  std::vector<T> results(model.lines.size());
  parallel_for(std::ssize(results), [&](Index i) {
    const auto at = static_cast<std::size_t>(i);
    results[at] = of(source_of(model.lines[at], model));
  });
  return results;
}

/// kept: columns that are left out last where there is no room.
TextTable reader_table(const std::vector<ModelLines>& models,
                       const std::vector<const LineColumn*>& columns,
                       const std::vector<std::string>& kept) {
  TextTable table = table_of(columns, kept);
  for (const ModelLines& model : models) {
    const auto cells = of_lines<std::vector<TableCell>>(
        model, [&](const LineSource& source) { return reader_cells(columns, source); });
    table.add_section(text_heading(model));
    for (std::size_t i = 0; i < cells.size(); ++i) table.add_row(model.lines[i].label(), cells[i]);
  }
  return table;
}

/// Whether one of the columns brings the only field of this one, kl_low, with it.
bool is_field_of_another(const LineColumn& column, const std::vector<const LineColumn*>& columns) {
  return std::any_of(columns.begin(), columns.end(), [&column](const LineColumn* other) {
    return other->name != column.name && std::find(other->fields.begin(), other->fields.end(),
                                                   column.name) != other->fields.end();
  });
}

ValueTable program_table(const std::vector<ModelLines>& models,
                         const std::vector<std::string>& variables,
                         const std::vector<const LineColumn*>& columns) {
  const std::set<std::string> known(variables.begin(), variables.end());
  std::vector<const LineColumn*> figures;
  std::vector<std::string> fields = {"seeds"};
  for (const LineColumn* column : columns) {
    if (known.contains(column->name) || is_in_front(column->name)) continue;
    if (is_field_of_another(*column, columns)) continue;
    figures.push_back(column);
    fields.insert(fields.end(), column->fields.begin(), column->fields.end());
  }
  ValueTable table{.columns = shown_columns(variables, fields)};
  for (const ModelLines& model : models) {
    auto rows = of_lines<std::vector<Json>>(model, [&](const LineSource& source) {
      std::vector<Json> values = row_values(pooled_key(source.line->rows), variables);
      values.push_back(std::ssize(source.samples));
      for (const LineColumn* column : figures)
        for (Json& value : column->values(source)) values.push_back(std::move(value));
      return values;
    });
    for (std::vector<Json>& row : rows) table.rows.push_back(std::move(row));
  }
  return table;
}

/// "m: 12 of 88 trials have no record yet", seeds counted each, where the run is not through.
std::string unrecorded(const std::vector<ResultRow>& rows, const FollowedSearches& searches) {
  std::set<std::pair<std::string, std::string>> recorded;
  for (const ResultRow& row : rows) recorded.emplace(row.key.model, row.key.id);
  std::map<std::string, std::pair<Index, Index>> counts;  // by model: missing, all
  for (const RowKey& key : searches.keys()) {
    if (is_floor(key) || key.name == "baseline") continue;
    auto& [missing, all] = counts[key.model];
    missing += recorded.contains({key.model, key.id}) ? 0 : 1;
    ++all;
  }
  std::string text;
  for (const auto& [model, count] : counts)
    if (count.first > 0)
      text += fmt::format("{}: {} of {} trials have no record yet\n", printable(model), count.first,
                          count.second);
  return text.empty() ? "" : '\n' + text;
}

}  // namespace

std::string shown_results(const std::vector<ResultRow>& rows, const FollowedSearches& searches,
                          const MetricRegistry& metrics, const std::vector<TaskHeading>& tasks,
                          const ShowRequest& request, Index terminal) {
  const std::vector<std::string> variables = sweep_variables(searches.keys());
  std::vector<LineColumn> columns = line_columns(metrics, tasks, variables);
  add_field_columns(request.columns, columns);
  std::vector<ModelLines> models = group_rows(rows);
  const bool has_text = tasks.empty() || std::any_of(rows.begin(), rows.end(), [](const auto& row) {
                          return row.text.windows > 0;
                        });
  const auto chosen = chosen_columns(columns, metrics, tasks, request, has_text);
  mark_searches(&searches, models);
  for (ModelLines& model : models) narrow(columns, request, model);
  std::erase_if(models, [](const ModelLines& model) { return model.lines.empty(); });
  if (!is_for_readers(request.format)) {
    const ValueTable table = program_table(models, variables, chosen);
    return request.format == TableFormat::csv ? csv_text(table) : json_text(table);
  }
  std::vector<std::string> sorted_by;
  for (const std::string& text : request.sort)
    sorted_by.push_back(sort_key(columns, text).column->name);
  const TextTable table = reader_table(models, chosen, sorted_by);
  const Index width = request.format == TableFormat::table ? terminal : 0;
  const std::string legend = columns_legend(chosen, table.shown_columns(width));
  const std::string below = unrecorded(rows, searches) + line_remarks(models, tasks) +
                            (legend.empty() ? "" : legend_text(legend, width));
  return reader_text("", table, below, request.format, width);
}

}  // namespace nf
