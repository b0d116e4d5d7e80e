#include "eval/predict/league_prediction.h"

#include <algorithm>
#include <cmath>

#include "eval/predict/league_zone.h"

namespace nf {
namespace {

/// The best entry of a model, and the factor that it was left out by.
struct BestEntry {
  const LeagueEntry* entry = nullptr;
  const LeftOutFactor* factor = nullptr;
};

BestEntry best_entry(const std::vector<const LeagueEntry*>& entries) {
  BestEntry best;
  for (const LeagueEntry* entry : entries) {
    if (entry->measured || entry->joint) continue;
    for (const LeftOutFactor& factor : entry->left_out)
      if (factor.r2 && (best.entry == nullptr || *factor.r2 > *best.factor->r2))
        best = {entry, &factor};
  }
  return best;
}

std::optional<std::size_t> place_of(const ModelFigures& figures, const std::string& predictor) {
  const auto& all = figures.predictors();
  const auto found = std::find_if(all.begin(), all.end(), [&predictor](const Predictor* one) {
    return one->name == predictor;
  });
  if (found == all.end()) return std::nullopt;
  return static_cast<std::size_t>(found - all.begin());
}

/// The figures of all models with their zone "all".
struct Zones {
  std::vector<ModelFigures> figures{};
  std::vector<LeagueZone> zones{};

  Zones(const LeagueTrials& trials, const PredictorRegistry& registry, const LeagueTarget& target) {
    for (const LeagueModel& model : trials.models) figures.emplace_back(model, registry);
    for (ModelFigures& model : figures)
      zones.push_back(league_zone(model, trial_outcomes(model.model(), target), "all"));
  }
  std::vector<LeagueZone> without(std::size_t model) const {
    std::vector<LeagueZone> others = zones;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(model));
    std::erase_if(others, [](const LeagueZone& one) { return one.trials.empty(); });
    return others;
  }
};

}  // namespace

std::vector<LeaguePrediction> league_predictions(const League& league, const LeagueTrials& trials,
                                                 const PredictorRegistry& registry,
                                                 const LeagueTarget& target) {
  std::vector<LeaguePrediction> predictions;
  const Zones zones(trials, registry, target);
  for (std::size_t m = 0; m < trials.models.size(); ++m) {
    const std::string& model = trials.models[m].model;
    const BestEntry best = best_entry(league_table_of(league, model, target.name, "all"));
    if (best.entry == nullptr) continue;
    const auto place = place_of(zones.figures[m], best.entry->predictor);
    if (!place) continue;
    LeaguePrediction& prediction =
        predictions.emplace_back(LeaguePrediction{.model = model,
                                                  .predictor = best.entry->predictor,
                                                  .factor = best.factor->factor,
                                                  .r2 = *best.factor->r2});
    for (const LeftOutTrial& one :
         left_out_trials(zones.zones[m], prediction.factor, {*place}, zones.without(m)))
      prediction.points.push_back({.trial = &trials.models[m].trials[one.trial],
                                   .level = one.level,
                                   .measured = std::exp(one.measured),
                                   .predicted = std::exp(one.predicted)});
  }
  return predictions;
}

}  // namespace nf
