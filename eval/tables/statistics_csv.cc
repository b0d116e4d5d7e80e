#include "eval/tables/statistics_csv.h"

#include "eval/analysis/statistics.h"
#include "eval/metrics/columns.h"
#include "eval/output/csv.h"
#include "eval/results/row_fields.h"

namespace nf {
namespace {

/// The fields behind those of the line's key.
std::vector<std::string> fields_of(const Statistic& statistic) {
  const MeanEstimate& mean = statistic.estimate.mean;
  const auto known = [](double value, bool is_known) { return is_known ? csv_number(value) : ""; };
  std::vector<std::string> fields;
  const auto add_interval = [&](const std::optional<Interval>& interval) {
    fields.push_back(interval ? csv_number(interval->low) : "");
    fields.push_back(interval ? csv_number(interval->high) : "");
  };
  fields.insert(fields.end(),
                {statistic.figure->name, std::to_string(mean.seeds), std::to_string(mean.blocks),
                 statistic.figure->of_text ? csv_count(mean.tokens) : "", csv_number(mean.mean)});
  add_interval(statistic.estimate.interval);
  add_interval(statistic.bootstrap);
  fields.insert(fields.end(),
                {known(mean.sd_text, mean.blocks > 1), known(mean.sd_seed, mean.seeds > 1),
                 csv_number(statistic.p), csv_number(statistic.p_holm), csv_number(statistic.p_bh),
                 statistic.estimate.note});
  return fields;
}

}  // namespace

std::string line_key_text(const ResultLine& line, const std::vector<std::string>& variables) {
  return csv_line(row_fields(pooled_key(line.samples()), variables));
}

std::string statistic_row(const Statistic& statistic, const std::string& key) {
  return key + ',' + csv_line(fields_of(statistic)) + '\n';
}

std::string statistics_csv(const std::vector<ResultRow>& rows,
                           const std::vector<std::string>& variables,
                           const std::vector<TaskHeading>& tasks) {
  const std::vector<Figure> figures = all_figures(tasks);
  const std::vector<ModelLines> models = group_rows(rows);
  std::string text = csv_line(statistics_columns(variables)) + '\n';
  for (const ModelLines& model : models)
    for (const Statistic& statistic : statistics_of(model, figures))
      text += statistic_row(statistic, line_key_text(*statistic.line, variables));
  return text;
}

}  // namespace nf
