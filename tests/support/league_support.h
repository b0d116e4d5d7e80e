#pragma once

#include <cmath>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "eval/predict/league.h"

namespace nf {

/// A trial of a league that has not run: what predictors say of it, and its damage.
struct PlantedTrial {
  std::string name;
  std::map<std::string, double> figures{};  ///< by predictor
  double kl = 0.0;
  Json vars = Json::object();
  Json entries = Json::array();
  std::string model = "m";
};

inline constexpr Index kPlantedWindows = 16;
inline constexpr Index kPlantedTokens = 100;

/// A row of windows that are hard in the same way for every trial; `scatter`: in its own way
/// besides. The figures stand in vars.
inline ResultRow planted_row(const PlantedTrial& trial, const std::string& id,
                             double scatter = 0.0) {
  ResultRow row{.key = {.id = id,
                        .name = trial.name,
                        .model = trial.model,
                        .seed = 0,
                        .vars = trial.vars,
                        .entries = trial.entries}};
  for (const auto& [name, figure] : trial.figures) row.key.vars[name] = figure;
  std::mt19937_64 random(std::hash<std::string>()(id));
  std::normal_distribution<double> normal;
  for (Index w = 0; w < kPlantedWindows; ++w) {
    const double hardness = 1.0 + 0.3 * std::sin(static_cast<double>(w));
    const double kl = trial.kl * hardness * std::exp(scatter * normal(random));
    row.windows.push_back({.window = w,
                           .sums = {.tokens = kPlantedTokens,
                                    .nll = (3.0 + 0.5 * kl) * kPlantedTokens,
                                    .kl = kl * kPlantedTokens}});
  }
  row.text = add_up(row.windows);
  return row;
}

/// A run of these trials and the baselines of their models.
inline LeagueRun planted_run(const std::vector<PlantedTrial>& trials, double scatter = 0.0,
                             const std::string& dir = "r") {
  LeagueRun run{.dir = dir};
  std::map<std::string, bool> has_baseline;
  for (const PlantedTrial& trial : trials) {
    if (!has_baseline[trial.model]) {
      run.rows.push_back(
          planted_row({.name = "baseline", .model = trial.model}, "b-" + trial.model));
      has_baseline[trial.model] = true;
    }
    run.rows.push_back(planted_row(trial, trial.model + std::to_string(run.rows.size()), scatter));
  }
  return run;
}

/// Predictors that read the figures of planted trials.
inline PredictorRegistry planted_predictors(const std::vector<std::string>& names) {
  PredictorRegistry registry;
  for (const std::string& name : names)
    registry.add({.name = name,
                  .formula = "",
                  .source = "",
                  .unit = "",
                  .make = [name](const PredictorEvidence&) -> RowPredictor {
                    return [name](const ResultRow& row) -> std::optional<double> {
                      const auto found = row.key.vars.find(name);
                      if (found == row.key.vars.end()) return std::nullopt;
                      return found->get<double>();
                    };
                  }});
  return registry;
}

inline League planted_league(const std::vector<LeagueRun>& runs, const PredictorRegistry& registry,
                             const std::vector<std::string>& targets = {"kl"}) {
  std::vector<LeagueTarget> chosen;
  for (const std::string& target : targets) chosen.push_back(league_target(target));
  return make_league(gather_league_trials(runs), registry, chosen);
}

/// Throws where there is none.
inline const LeagueEntry& league_entry(const League& league, const std::string& predictor,
                                       const std::string& zone = "all",
                                       const std::string& model = "m") {
  for (const LeagueEntry& entry : league.entries)
    if (entry.predictor == predictor && entry.zone == zone && entry.model == model) return entry;
  throw std::runtime_error("no entry of " + predictor);
}

}  // namespace nf
