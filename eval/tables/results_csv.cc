#include "eval/tables/results_csv.h"

#include <algorithm>

#include "eval/design/execute_words.h"
#include "eval/metrics/columns.h"
#include "eval/output/csv.h"
#include "eval/results/figures.h"
#include "eval/results/kl_per_r2.h"
#include "eval/results/row_fields.h"
#include "eval/results/simulated_arms.h"
#include "eval/tables/table_baselines.h"

namespace nf {
namespace {

/// delta_nll and its interval, then KL's, over the text with this row's seed.
void append_intervals(const ResultRow& row, const ResultRow* baseline,
                      std::vector<std::string>& fields) {
  const auto append_interval = [&fields](const std::optional<FigureEstimate>& estimate) {
    const bool known = estimate && estimate->interval;
    fields.push_back(known ? csv_number(estimate->interval->low) : "");
    fields.push_back(known ? csv_number(estimate->interval->high) : "");
  };
  std::optional<FigureEstimate> delta_nll, kl;
  if (!row.failed()) {
    delta_nll = estimate_figure(delta_nll_figure(), {&row}, baseline);
    kl = estimate_figure(kl_figure(), {&row}, baseline);
  }
  fields.push_back(delta_nll ? csv_number(delta_nll->mean.mean) : "");
  append_interval(delta_nll);
  append_interval(kl);
}

/// kl_floor, and whether the row's KL is below it.
void append_floor(const ResultRow& row, std::vector<std::string>& fields) {
  fields.push_back(csv_number(row.kl_floor));
  const std::optional<double> kl = kl_of(row);
  fields.emplace_back(!row.kl_floor || !kl                 ? ""
                      : is_below_floor(*kl, *row.kl_floor) ? "true"
                                                           : "false");
}

/// How far a row is from the simulated arm of its trial, over the windows that both have; empty
/// where it has none (SimulatedArms).
void append_distance(const ResultRow& row, const ResultRow* simulated,
                     std::vector<std::string>& fields) {
  const bool has_distance = simulated != nullptr && !row.failed();
  for (const Figure& figure : {delta_nll_figure(), delta_kl_figure()}) {
    const std::optional<FigureEstimate> estimate =
        has_distance ? estimate_figure(figure, {&row}, simulated) : std::nullopt;
    fields.push_back(estimate ? csv_number(estimate->mean.mean) : "");
    const bool known = estimate && estimate->interval;
    fields.push_back(known ? csv_number(estimate->interval->low) : "");
    fields.push_back(known ? csv_number(estimate->interval->high) : "");
  }
}

}  // namespace

std::string result_row(const ResultRow& row, const RowCompanions& others,
                       const std::vector<std::string>& variables, const MetricRegistry& metrics,
                       const std::vector<TaskHeading>& tasks) {
  std::vector<std::string> fields = row_fields(row.key, {});
  for (const Metric& metric : metrics.metrics())
    fields.push_back(row.failed() ? "" : csv_number(metric.value(row.text)));
  append_intervals(row, others.baseline, fields);
  append_floor(row, fields);
  for (const TaskHeading& task : tasks)
    for (const std::optional<double>& value : task_values(task, row.questions))
      fields.push_back(csv_number(value));
  fields.push_back(std::to_string(row.text.sums.tokens));
  fields.push_back(std::to_string(row.text.windows));
  fields.emplace_back(status_name(row.status));
  fields.emplace_back(!row.key.stops ? "" : row.stop ? "true" : "false");
  fields.push_back(csv_number(row.relative_l2_weight));
  fields.push_back(csv_number(row.relative_l2_input));
  fields.push_back(csv_number(kl_per_r2(row)));
  if (std::find(variables.begin(), variables.end(), kExecuteVariable) != variables.end())
    append_distance(row, others.simulated, fields);
  for (std::string& value : variable_fields(row.key.vars, variables))
    fields.push_back(std::move(value));
  return csv_line(fields) + '\n';
}

std::string results_csv(const std::vector<ResultRow>& rows,
                        const std::vector<std::string>& variables, const MetricRegistry& metrics,
                        const std::vector<TaskHeading>& tasks) {
  const TableBaselines baselines(rows);
  std::string text = csv_line(results_columns(metrics, tasks, variables)) + '\n';
  const SimulatedArms arms(rows);
  for (const ResultRow& row : rows)
    text +=
        result_row(row, {baselines.last(row.key.model), arms.of(row)}, variables, metrics, tasks);
  return text;
}

}  // namespace nf
