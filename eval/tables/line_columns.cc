#include "eval/tables/line_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/base/suggest.h"
#include "eval/metrics/summed_figures.h"
#include "eval/output/csv.h"
#include "eval/output/number_text.h"
#include "eval/results/figures.h"
#include "eval/results/kl_per_r2.h"
#include "eval/results/row_fields.h"
#include "eval/tables/line_rows.h"

namespace nf {
namespace {

constexpr int kDecimals = 2;  ///< of perplexities and percents
constexpr int kDigits = 3;
constexpr double kPercent = 100.0;
constexpr char kFloorMark = '*';
constexpr const char* kRelativeLegend = "rel. L2: ‖δ‖/‖x‖ over all distorted weights or inputs.";

constexpr const char* kIntervalLegend =
    "±: the 95 % interval over text and seeds, its longer side; none of fewer than 8 windows or "
    "documents.";
constexpr const char* kEndsLegend = "low, high: the ends of the 95 % interval over text and seeds.";
/// The columns in the order in which a reader misses them least.
constexpr const char* kDropped[] = {"relative_l2_input", "relative_l2_weight", "top1_agreement",
                                    "ppl", "delta_nll"};

using OfRow = std::function<std::optional<double>(const ResultRow&)>;
using ToText = std::function<std::string(double)>;

Json known(const std::optional<double>& value) {
  return value && !std::isnan(*value) ? Json(*value) : Json(nullptr);
}

/// The mean over the seeds that have a value.
std::optional<double> mean_over(const LineSource& source, const OfRow& of_row) {
  std::vector<double> values;
  for (const ResultRow* row : source.samples)
    if (const std::optional<double> value = of_row(*row)) values.push_back(*value);
  if (values.empty()) return std::nullopt;
  double mean = 0.0;
  for (const double value : values) mean += value / static_cast<double>(values.size());
  return mean;
}

/// A column of one value a row, the mean over the seeds.
LineColumn mean_column(const std::string& name, const std::string& heading, const OfRow& of_row,
                       const ToText& text) {
  const auto mean = [of_row](const LineSource& source) { return mean_over(source, of_row); };
  return {.name = name,
          .heading = heading,
          .fields = {name},
          .cell =
              [mean, text](const LineSource& source) {
                const std::optional<double> value = mean(source);
                return TableCell{value ? text(*value) : "", ""};
              },
          .values = [mean](const LineSource& source) { return std::vector{known(mean(source))}; },
          .sort_key = [mean](const LineSource& source) { return known(mean(source)); }};
}

/// A column of words or whole numbers.
LineColumn word_column(const std::string& name, const std::string& heading,
                       const std::function<Json(const LineSource&)>& value) {
  return {.name = name,
          .heading = heading,
          .fields = {name},
          .cell =
              [value](const LineSource& source) {
                return TableCell{printable(csv_value(value(source))), ""};
              },
          .values = [value](const LineSource& source) { return std::vector{value(source)}; },
          .sort_key = value};
}

/// The reason why one of the seeds has seen less text than the baseline: a perplexity over other
/// windows compares with nothing. Empty where all have seen as much.
std::string less_text(const LineSource& source) {
  for (const ResultRow* row : source.samples)
    if (source.baseline != nullptr && row->text.windows < source.baseline->text.windows)
      return row->stop ? "stopped" : status_name(Status::partial);
  return "";
}

/// Quantiles of KL, beside its greatest value.
constexpr std::pair<const char*, const char*> kTailHeadings[] = {
    {"kl_p50", "KL\np50"}, {"kl_p99", "KL\np99"}, {"kl_p999", "KL\np99.9"}, {"kl_max", "KL\nmax"}};

std::string heading_of(const Metric& metric) {
  for (const auto& [name, heading] : kTailHeadings)
    if (metric.name == name) return heading;
  return metric.name == "bits_per_byte" ? "bits per\nbyte" : metric.name;
}

bool is_quantile(const Metric& metric) { return metric.name.starts_with("kl_p"); }

LineColumn metric_column(const Metric& metric) {
  const bool is_ppl = metric.name == "ppl";
  LineColumn column = mean_column(
      metric.name, heading_of(metric),
      [value = metric.value](const ResultRow& row) -> std::optional<double> {
        if (row.text.sums.tokens == 0) return std::nullopt;  // nothing of the text is there yet
        const double of_row = value(row.text);
        return std::isnan(of_row) ? std::nullopt : std::optional(of_row);
      },
      [is_ppl](double value) {
        return is_ppl ? fixed_number(value, kDecimals) : short_number(value, kDigits + 1);
      });
  column.higher_is_better = metric.higher_is_better;
  column.legend = is_ppl                 ? "ppl: perplexity."
                  : metric.name == "nll" ? "nll: negative log-likelihood, nats per token."
                  : is_quantile(metric)  ? "KL p99: 99 % of the tokens have at most that KL."
                                         : "";
  column.cell = [plain = column.cell](const LineSource& source) {
    const std::string less = less_text(source);
    return less.empty() ? plain(source) : TableCell{less, ""};
  };
  column.sort_key = [plain = column.sort_key](const LineSource& source) {
    return less_text(source).empty() ? plain(source) : Json(nullptr);
  };
  return column;
}

/// How a figure that is compared with the baseline is shown: `shift` more than its difference.
struct FigureForm {
  double shift = 0.0, unit = 1.0;
  ToText text = figure_number;
  bool marks_floor = false;
};

LineColumn figure_column(const std::string& name, const std::string& heading, const Figure& figure,
                         const FigureForm& form) {
  LineColumn column{
      .name = name, .heading = heading, .fields = {name, name + "_low", name + "_high"}};
  column.field_text = [form](double value) { return form.text(form.unit * value); };
  column.cell = [figure, form](const LineSource& source) {
    if (source.is_baseline()) return TableCell{};
    const auto estimate = estimate_figure(figure, source.samples, source.baseline);
    TableCell cell = interval_cell(estimate, form.unit, [&](double value) {
      return form.text(form.unit * form.shift + value);
    });
    const std::optional<double> floor = source.first().kl_floor;
    if (form.marks_floor && estimate && floor && is_below_floor(estimate->mean.mean, *floor))
      cell.value += kFloorMark;
    return cell;
  };
  column.values = [figure, form](const LineSource& source) -> std::vector<Json> {
    const auto estimate = estimate_figure(figure, source.samples, source.baseline);
    if (!estimate) return {nullptr, nullptr, nullptr};
    const Json mean = form.shift + estimate->mean.mean;
    if (!estimate->interval) return {mean, nullptr, nullptr};
    return {mean, form.shift + estimate->interval->low, form.shift + estimate->interval->high};
  };
  column.sort_key = [figure](const LineSource& source) {
    return known(figure_mean(figure, source.samples, source.baseline));
  };
  return column;
}

std::string percent_text(double value) { return fixed_number(value, kDecimals); }
std::string signed_percent(double value) { return (value > 0.0 ? "+" : "") + percent_text(value); }

/// A heading in two lines: what it is, and of what.
std::string broken(std::string label) { return label.replace(label.find(' '), 1, "\n"); }

LineColumn column_of(const SummedFigure& figure) {
  const bool is_share = figure.is_count();
  const bool is_difference = figure.baseline == BaselineSum::measured;
  const FigureForm form{.shift = figure.baseline == BaselineSum::all_tokens ? 1.0 : 0.0,
                        .unit = is_share ? kPercent : 1.0,
                        .text = is_share        ? percent_text
                                : is_difference ? signed_figure
                                                : figure_number,
                        .marks_floor = std::string_view(figure.name) == "kl"};
  LineColumn column = figure_column(is_difference ? figure.difference : figure.mean,
                                    is_difference ? std::string("Δ") + figure.label
                                    : is_share    ? broken(figure.label)
                                                  : figure.label,
                                    text_figure(figure), form);
  column.higher_is_better = figure.higher_is_better;
  const std::string_view name = figure.name;
  if (name == "nll")
    column.legend = "Δnll: negative log-likelihood minus the baseline's, nats per token.";
  if (name == "kl")
    column.legend = "KL: KL(baseline‖trial) of the next-token distributions, nats per token.";
  if (name == "kl_reverse") column.legend = "KL reverse: KL(trial‖baseline), nats per token.";
  if (name == "flips_lost")
    column.legend =
        "flips lost: scored tokens that the baseline finds most probable and the trial does not.";
  if (name == "flips_gained")
    column.legend =
        "flips gained: scored tokens that the trial finds most probable and the baseline does not.";
  if (name == "top1")
    column.legend = "same top-1: positions where both find the same token most probable.";
  return column;
}

/// Below the four floors or not; null where that is not known.
Json below_floor(const LineSource& source) {
  const auto mean = figure_mean(kl_figure(), source.samples, source.baseline);
  const std::optional<double> floor = source.first().kl_floor;
  return mean && floor ? Json(is_below_floor(*mean, *floor)) : Json(nullptr);
}

Json status_of(const LineSource& source) {
  const Index failed = std::count_if(source.line->rows.begin(), source.line->rows.end(),
                                     [](const ResultRow* row) { return row->failed(); });
  if (failed > 0) return status_name(Status::failed);
  return status_name(source.line->is_partial() ? Status::partial : Status::ok);
}

Json stopped_of(const LineSource& source) {
  if (!source.first().key.stops) return nullptr;
  return std::any_of(source.samples.begin(), source.samples.end(),
                     [](const ResultRow* row) { return row->stop.has_value(); });
}

std::string short_text(double value) { return short_number(value, kDigits); }

void add_task_columns(const TaskHeading& task, std::vector<LineColumn>& columns) {
  const std::vector<std::string> names = task_columns(task);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const bool is_ppl = names[i].ends_with("_ppl");
    const auto value = [task, i](const ResultRow& row) {
      return task_values(task, row.questions)[i];
    };
    columns.push_back(mean_column(names[i], is_ppl ? task.name + "\nppl" : names[i], value,
                                  is_ppl ? ToText(percent_text) : ToText(short_text)));
    if (is_ppl || names[i].ends_with("_stderr")) continue;
    columns.back().heading = task.name + (names[i].ends_with("_norm") ? "\nacc norm %" : "\nacc %");
    columns.back().higher_is_better = true;
    columns.back().cell = [value](const LineSource& source) {
      const std::optional<double> mean = mean_over(source, value);
      return TableCell{mean ? percent_text(kPercent * *mean) : "", ""};
    };
  }
  columns.push_back(figure_column("delta_" + task.name + "_acc", task.name + "\nΔacc",
                                  delta_accuracy_figure(task),
                                  {.unit = kPercent, .text = signed_percent}));
  columns.back().higher_is_better = true;
  columns.back().legend = "Δacc: questions answered right minus the baseline's, points of percent.";
}

void add_facts(std::vector<LineColumn>& columns) {
  columns.push_back(mean_column(
      "kl_floor", "KL floor", [](const ResultRow& row) { return row.kl_floor; }, figure_number));
  columns.push_back(word_column("below_floor", "below\nfloor", below_floor));
  columns.push_back(word_column("tokens", "tokens", [](const LineSource& source) {
    return Json(source.first().text.sums.tokens);
  }));
  columns.push_back(word_column("windows", "windows", [](const LineSource& source) {
    return Json(source.first().text.windows);
  }));
  columns.push_back(word_column("status", "status", status_of));
  columns.push_back(word_column("stopped", "stopped", stopped_of));
  columns.push_back(mean_column(
      "relative_l2_weight", "rel. L2\nweights",
      [](const ResultRow& row) { return row.relative_l2_weight; }, short_text));
  columns.back().legend = kRelativeLegend;
  columns.push_back(mean_column(
      "relative_l2_input", "rel. L2\ninputs",
      [](const ResultRow& row) { return row.relative_l2_input; }, short_text));
  columns.back().legend = kRelativeLegend;
  columns.push_back(mean_column("kl_per_r2", "KL/r²", kl_per_r2, short_text));
  columns.back().legend = "KL/r²: KL over the square of rel. L2.";
  columns.push_back(word_column(
      "seeds", "seeds", [](const LineSource& source) { return Json(std::ssize(source.samples)); }));
  columns.push_back(word_column(
      "name", "trial", [](const LineSource& source) { return Json(source.line->key().name); }));
  columns.push_back(word_column(
      "id", "id", [](const LineSource& source) { return Json(pooled_key(source.line->rows).id); }));
  columns.push_back(word_column(
      "model", "model", [](const LineSource& source) { return Json(source.line->key().model); }));
  columns.push_back(word_column("seed", "seed", [](const LineSource& source) {
    const std::optional<std::uint64_t> seed = pooled_key(source.line->rows).seed;
    return seed ? Json(*seed) : Json(nullptr);
  }));
}

}  // namespace

const std::vector<std::string> kUsualColumns = {
    "ppl", "delta_nll", "kl", "top1_agreement", "relative_l2_weight", "relative_l2_input"};

std::vector<LineColumn> line_columns(const MetricRegistry& metrics,
                                     const std::vector<TaskHeading>& tasks,
                                     const std::vector<std::string>& variables) {
  std::vector<LineColumn> columns;
  for (const Metric& metric : metrics.metrics()) {
    const SummedFigure* const figure = find_summed_mean(metric.name);
    if (figure == nullptr || figure->baseline == BaselineSum::measured)
      columns.push_back(metric_column(metric));
    if (figure != nullptr) columns.push_back(column_of(*figure));
  }
  for (const TaskHeading& task : tasks) add_task_columns(task, columns);
  add_facts(columns);
  for (const std::string& variable : variables)
    columns.push_back(word_column(variable, variable, [variable](const LineSource& source) {
      const Json& vars = source.line->key().vars;
      return vars.contains(variable) ? vars.at(variable) : Json(nullptr);
    }));
  return columns;
}

std::vector<LineFigure> line_figures(const MetricRegistry& metrics,
                                     const std::vector<TaskHeading>& tasks) {
  std::vector<LineFigure> figures;
  for (const Metric& metric : metrics.metrics()) {
    LineFigure& figure = figures.emplace_back(LineFigure{metric.name, {metric.name}});
    const SummedFigure* const summed = find_summed_mean(metric.name);
    if (summed != nullptr && summed->baseline == BaselineSum::measured)
      figure.columns.emplace_back(summed->difference);
  }
  for (const TaskHeading& task : tasks)
    figures.push_back({task.name + "_acc", {task.name + "_acc", "delta_" + task.name + "_acc"}});
  figures.push_back({"relative_l2", {"relative_l2_weight", "relative_l2_input"}});
  return figures;
}

std::optional<LineColumn> field_column(const std::vector<LineColumn>& columns,
                                       const std::string& field) {
  for (const LineColumn& column : columns)
    for (std::size_t f = 1; f < column.fields.size(); ++f) {
      if (column.fields[f] != field) continue;
      const auto value = [of = column.values, f](const LineSource& source) {
        return of(source)[f];
      };
      const std::string end = field.substr(field.rfind('_') + 1);
      return LineColumn{
          .name = field,
          .heading = in_one_line(column.heading) + '\n' + end,
          .legend = kEndsLegend,
          .fields = {field},
          .higher_is_better = column.higher_is_better,
          .cell =
              [value, text = column.field_text](const LineSource& source) {
                const Json found = source.is_baseline() ? Json(nullptr) : value(source);
                return TableCell{found.is_null() ? "" : text(found.get<double>()), ""};
              },
          .values = [value](const LineSource& source) { return std::vector{value(source)}; },
          .sort_key = value};
    }
  return std::nullopt;
}

const LineColumn& find_column(const std::vector<LineColumn>& columns, const std::string& name,
                              const std::string& what) {
  std::vector<std::string> names;
  for (const LineColumn& column : columns) {
    if (column.name == name) return column;
    names.push_back(column.name);
  }
  throw ConfigError(
      fmt::format("{}: unknown column '{}'{}", what, printable(name), suggestion(name, names)));
}

std::vector<const LineColumn*> named_columns(const std::vector<LineColumn>& columns,
                                             const std::vector<std::string>& names,
                                             const std::string& what) {
  std::vector<const LineColumn*> named;
  for (const std::string& name : names) named.push_back(&find_column(columns, name, what));
  return named;
}

LineSource source_of(const ResultLine& line, const ModelLines& model) {
  return {.line = &line, .baseline = model.baseline, .samples = line.samples()};
}

std::string text_heading(const ModelLines& model) {
  const TextSums& text = model.first_row().text;
  return fmt::format("{}: {} tokens scored in {} {}{}", printable(model.model), text.sums.tokens,
                     text.windows, text.windows == 1 ? "window" : "windows",
                     model.first_row().status == Status::partial ? " so far" : "");
}

TextTable table_of(const std::vector<const LineColumn*>& columns,
                   const std::vector<std::string>& kept) {
  std::vector<std::string> headings, last = {"kl"};
  for (const LineColumn* column : columns) headings.push_back(column->heading);
  for (std::size_t k = kept.size(); k-- > 0;) {
    std::erase(last, kept[k]);
    last.push_back(kept[k]);
  }
  std::vector<std::size_t> order;
  const auto add = [&order](std::size_t column) {
    if (std::find(order.begin(), order.end(), column) == order.end()) order.push_back(column);
  };
  const auto add_named = [&](const std::string& name) {
    for (std::size_t c = 0; c < columns.size(); ++c)
      if (columns[c]->name == name) add(c);
  };
  const auto is_last = [&last](const std::string& name) {
    return std::find(last.begin(), last.end(), name) != last.end();
  };
  for (const char* name : kDropped)
    if (!is_last(name)) add_named(name);
  for (std::size_t c = columns.size(); c-- > 0;)
    if (!is_last(columns[c]->name)) add(c);
  for (const std::string& name : last) add_named(name);
  TextTable table(headings);
  table.drop_first(order);
  return table;
}

std::vector<TableCell> reader_cells(const std::vector<const LineColumn*>& columns,
                                    const LineSource& source) {
  std::vector<TableCell> cells;
  for (const LineColumn* column : columns) cells.push_back(column->cell(source));
  if (source.samples.empty() && !cells.empty()) cells.front() = {"failed", ""};
  return cells;
}

std::string columns_legend(const std::vector<const LineColumn*>& columns,
                           const std::vector<std::size_t>& shown) {
  std::string text;
  bool has_interval = false;
  for (const std::size_t at : shown) {
    const LineColumn* const column = columns[at];
    has_interval = has_interval || column->fields.size() > 1;
    if (column->legend.empty() || text.find(column->legend) != std::string::npos) continue;
    text += (text.empty() ? "" : " ") + column->legend;
  }
  if (has_interval) text += (text.empty() ? "" : " ") + std::string(kIntervalLegend);
  return text;
}

}  // namespace nf
