#include "eval/tables/predictors_csv.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "eval/metrics/columns.h"
#include "eval/output/csv.h"
#include "eval/predict/site_size.h"
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

/// The predictors of one model's rows. Those that learn from outcomes learn from the noise of other
/// names alone, so that a row's figure never knows its own outcome.
class ModelPredictors {
 public:
  ModelPredictors(const std::string& model, const std::vector<ResultRow>& rows,
                  const PredictorRegistry& registry)
      : registry_(registry) {
    for (const ResultRow& row : rows) {
      if (row.key.model != model) continue;
      rows_.push_back(&row);
      if (row.key.name == "baseline" && !row.failed()) baseline_ = &row;
      if (is_sized_noise(row.key)) noise_.insert(row.key.name);
    }
    if (std::none_of(rows_.begin(), rows_.end(),
                     [](const ResultRow* row) { return is_noise_of_each(row->key); }))
      noise_.clear();  // there is nothing to learn from
    whole_ = made_of(rows_);
  }

  /// In their order.
  std::vector<std::optional<double>> figures(const ResultRow& row) {
    std::vector<std::optional<double>> figures;
    const std::vector<RowPredictor>& predictors = of_name(row.key.name);
    for (const RowPredictor& predictor : predictors) figures.push_back(predictor(row));
    return figures;
  }

 private:
  std::vector<RowPredictor> made_of(const std::vector<const ResultRow*>& training) const {
    std::vector<RowPredictor> predictors;
    for (const Predictor& predictor : registry_.predictors())
      predictors.push_back(
          predictor.make({.baseline = baseline_, .rows = rows_, .training = training}));
    return predictors;
  }

  /// A name that nothing is learned from changes nothing.
  const std::vector<RowPredictor>& of_name(const std::string& name) {
    if (!noise_.contains(name)) return whole_;
    const auto [known, is_new] = without_.try_emplace(name);
    if (is_new) {
      std::vector<const ResultRow*>& others = others_[name];
      std::copy_if(rows_.begin(), rows_.end(), std::back_inserter(others),
                   [&name](const ResultRow* row) { return row->key.name != name; });
      known->second = made_of(others);
    }
    return known->second;
  }

  const PredictorRegistry& registry_;
  const ResultRow* baseline_ = nullptr;
  std::vector<const ResultRow*> rows_{};
  std::set<std::string> noise_{};  // names of trials that laws learn from
  std::vector<RowPredictor> whole_{};
  std::map<std::string, std::vector<RowPredictor>> without_{};  // by name
  std::map<std::string, std::vector<const ResultRow*>> others_{};
};

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
  std::map<std::string, ModelPredictors> by_model;
  for (const ResultRow& row : rows) {
    const auto [model, is_new] = by_model.try_emplace(row.key.model, row.key.model, rows, registry);
    std::vector<std::string> fields = row_fields(row.key, variables);
    for (const std::optional<double>& figure : model->second.figures(row))
      fields.push_back(csv_number(figure));
    csv.add_row(fields);
  }
  return csv.text();
}

}  // namespace nf
