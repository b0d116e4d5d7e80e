#include "eval/tables/predictors_csv.h"

#include <algorithm>
#include <map>

#include "eval/metrics/columns.h"
#include "eval/output/csv.h"
#include "eval/results/row_fields.h"

namespace nf {
namespace {

/// As SQL compares names: a table has no two that differ in case alone.
std::string column_of(const std::string& name, const std::vector<std::string>& variables) {
  const bool taken = std::any_of(
      variables.begin(), variables.end(),
      [&name](const std::string& variable) { return sql_key(variable) == sql_key(name); });
  return taken ? column_of("predictors_" + name, variables) : name;
}

std::vector<std::string> header(const std::vector<std::string>& variables,
                                const PredictorRegistry& registry) {
  std::vector<std::string> columns(std::begin(kTrialColumns), std::end(kTrialColumns));
  columns.insert(columns.end(), variables.begin(), variables.end());
  for (const Predictor& predictor : registry.predictors())
    columns.push_back(column_of(predictor.name, variables));
  return columns;
}

/// All predictors as the rows of one model have them, in their order.
std::vector<RowPredictor> predictors_of(const std::string& model,
                                        const std::vector<ResultRow>& rows,
                                        const PredictorRegistry& registry) {
  std::vector<const ResultRow*> own;
  const ResultRow* baseline = nullptr;
  for (const ResultRow& row : rows) {
    if (row.key.model != model) continue;
    own.push_back(&row);
    if (row.key.name == "baseline" && !row.failed()) baseline = &row;
  }
  std::vector<RowPredictor> predictors;
  for (const Predictor& predictor : registry.predictors())
    predictors.push_back(predictor.make({.baseline = baseline, .rows = own, .training = own}));
  return predictors;
}

}  // namespace

bool has_predictors(const std::vector<ResultRow>& rows) {
  return std::any_of(rows.begin(), rows.end(), [](const ResultRow& row) {
    return std::any_of(row.sites.begin(), row.sites.end(),
                       [](const SiteStats& site) { return site.predictor.has_value(); });
  });
}

std::string predictors_csv(const std::vector<ResultRow>& rows,
                           const std::vector<std::string>& variables,
                           const PredictorRegistry& registry) {
  CsvText csv(header(variables, registry));
  std::map<std::string, std::vector<RowPredictor>> by_model;
  for (const ResultRow& row : rows) {
    const auto [predictors, is_new] = by_model.try_emplace(row.key.model);
    if (is_new) predictors->second = predictors_of(row.key.model, rows, registry);
    std::vector<std::string> fields = row_fields(row.key, variables);
    for (const RowPredictor& predictor : predictors->second)
      fields.push_back(csv_number(predictor(row)));
    csv.add_row(fields);
  }
  return csv.text();
}

}  // namespace nf
