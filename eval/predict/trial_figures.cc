#include "eval/predict/trial_figures.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>

#include "eval/predict/site_size.h"

namespace nf {
namespace {

std::optional<double> mean_figure(const RowPredictor& predictor, const LeagueTrial& trial) {
  double sum = 0.0;
  for (const ResultRow* row : trial.samples) {
    const std::optional<double> figure = predictor(*row);
    if (!figure || !std::isfinite(*figure)) return std::nullopt;
    sum += *figure;
  }
  return sum / static_cast<double>(trial.samples.size());
}

std::vector<const ResultRow*> rows_of_others(const LeagueModel& model, const std::string& name) {
  std::vector<const ResultRow*> rows;
  std::copy_if(model.rows.begin(), model.rows.end(), std::back_inserter(rows),
               [&name](const ResultRow* row) { return row->key.name != name; });
  return rows;
}

}  // namespace

TrialFigures trial_figures(const Predictor& predictor, const LeagueModel& model,
                           const std::vector<const ResultRow*>& training) {
  std::vector<const ResultRow*> noise;
  std::copy_if(training.begin(), training.end(), std::back_inserter(noise),
               [](const ResultRow* row) { return is_sized_noise(row->key); });
  const PredictorEvidence evidence{
      .baseline = model.baseline, .rows = model.rows, .training = noise};
  const RowPredictor of_row = predictor.make(evidence);
  TrialFigures figures;
  for (const LeagueTrial& trial : model.trials) figures.push_back(mean_figure(of_row, trial));
  return figures;
}

TrialFigures trial_figures(const Predictor& predictor, const LeagueModel& model) {
  if (!predictor.fitted) return trial_figures(predictor, model, model.rows);
  // No other rows are learned from: where a name has none of them, leaving it out changes no fit.
  std::set<std::string> names;
  for (const ResultRow* row : model.rows)
    if (is_sized_noise(row->key)) names.insert(row->key.name);
  TrialFigures figures = trial_figures(predictor, model, model.rows);
  for (const std::string& name : names) {
    const TrialFigures of_others = trial_figures(predictor, model, rows_of_others(model, name));
    for (std::size_t t = 0; t < figures.size(); ++t)
      if (model.trials[t].key().name == name) figures[t] = of_others[t];
  }
  return figures;
}

std::optional<double> log_figure(const Predictor& predictor, std::optional<double> figure) {
  if (!figure || predictor.unit == "dB") return figure;
  return *figure > 0.0 ? std::optional(std::log(*figure)) : std::nullopt;
}

}  // namespace nf
