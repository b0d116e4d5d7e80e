#include "eval/tables/task_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "core/base/printable.h"
#include "eval/output/number_text.h"
#include "eval/output/table.h"
#include "eval/results/result_lines.h"
#include "eval/tables/line_rows.h"

namespace nf {
namespace {

constexpr double kPercent = 100.0;
constexpr int kPercentDecimals = 2;
constexpr int kPerplexityDecimals = 2;

/// "m: 200 questions of piqa, 100 of lambada", broken to the terminal's width.
std::string heading(const ModelLines& model, const std::vector<TaskHeading>& tasks, Index columns) {
  std::vector<std::string> counts;
  for (const TaskHeading& task : tasks)
    counts.push_back(
        fmt::format("{}{} of {}{}", task_figures(task, model.first_row().questions).questions,
                    counts.empty() ? " questions" : "", task.name,
                    task.few_shot > 0 ? fmt::format(" ({}-shot)", task.few_shot) : ""));
  std::string text = fmt::format("{}: {}", printable(model.model), fmt::join(counts, ", "));
  if (columns == 0) return text;
  return fmt::format("{}", fmt::join(wrap_words(text, columns), "\n"));
}

/// A long name is broken behind its underscores: "arc_" above "challenge".
std::string column_heading(const std::string& task) {
  constexpr std::size_t kLongest = 10;  // as wide as a column of percents with its spread
  if (task.size() <= kLongest) return task;
  std::string heading;
  for (const char c : task) {
    heading += c;
    if (c == '_') heading += '\n';
  }
  return heading;
}

/// Mean over the rows that have the figure; none where no row has.
std::optional<double> mean(const std::vector<TaskFigures>& samples,
                           std::optional<double> TaskFigures::*figure) {
  double sum = 0.0;
  Index count = 0;
  for (const TaskFigures& sample : samples) {
    if (!(sample.*figure)) continue;
    sum += *(sample.*figure);
    ++count;
  }
  if (count == 0) return std::nullopt;
  return sum / static_cast<double>(count);
}

TableCell accuracy_cell(const std::vector<TaskFigures>& samples) {
  const std::optional<double> acc = mean(samples, &TaskFigures::acc);
  return {.value = acc ? fixed_number(kPercent * *acc, kPercentDecimals) : "", .spread = {}};
}

/// Against the baseline, question by question.
TableCell difference_cell(const TaskHeading& task, const ResultLine& line,
                          const ResultRow* baseline) {
  if (line.key().name == "baseline") return {};
  return interval_cell(estimate_figure(delta_accuracy_figure(task), line.samples(), baseline),
                       kPercent, [](double value) {
                         return (value > 0.0 ? "+" : "") + fixed_number(value, kPercentDecimals);
                       });
}

TableCell perplexity_cell(const std::vector<TaskFigures>& samples) {
  const std::optional<double> ppl = mean(samples, &TaskFigures::ppl);
  return {.value = ppl ? fixed_number(*ppl, kPerplexityDecimals) : "", .spread = {}};
}

std::vector<TableCell> cells(const ResultLine& line, const ResultRow* baseline,
                             const std::vector<TaskHeading>& tasks) {
  const std::vector<const ResultRow*> rows = line.samples();
  std::vector<TableCell> cells;
  for (const TaskHeading& task : tasks) {
    std::vector<TaskFigures> samples;
    for (const ResultRow* row : rows) samples.push_back(task_figures(task, row->questions));
    cells.push_back(accuracy_cell(samples));
    cells.push_back(difference_cell(task, line, baseline));
    if (task.has_ppl) cells.push_back(perplexity_cell(samples));
  }
  if (rows.empty()) cells.front().value = "failed";
  return cells;
}

}  // namespace

const char* const kTaskLegend =
    "acc: questions answered right; its standard error and acc_norm stand in results.csv. Δacc: "
    "minus the baseline's over the same questions, ± the 95 % interval over questions and seeds, "
    "its longer side; none of fewer than 8 questions. ppl of a task: perplexity of a whole target.";

std::string task_table(const std::vector<ModelLines>& models, const std::vector<TaskHeading>& tasks,
                       Index columns, const LineLimit& limit) {
  std::vector<std::string> headings;
  for (const TaskHeading& task : tasks) {
    headings.push_back(column_heading(task.name) + "\nacc %");
    headings.emplace_back("\nΔacc");
    if (task.has_ppl) headings.push_back(column_heading(task.name) + "\nppl");
  }
  TextTable table(headings);
  for (const ModelLines& model : models) {
    table.add_section(heading(model, tasks, columns));
    add_lines(
        model, [&](const ResultLine& line) { return cells(line, model.baseline, tasks); }, table,
        limit);
  }
  return table.render(columns);
}

}  // namespace nf
