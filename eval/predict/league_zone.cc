#include "eval/predict/league_zone.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>

#include "eval/predict/trial_levels.h"
#include "eval/stats/least_squares.h"

namespace nf {
namespace {

/// The blocks of a trial, its seeds together.
FigureBlocks blocks_of(const LeagueTrial& trial, const ResultRow& baseline,
                       const LeagueTarget& target) {
  FigureBlocks blocks;
  for (const ResultRow* row : trial.samples) {
    const FigureBlocks own = target.blocks(*row, baseline);
    if (own.empty()) return {};
    for (const auto& [name, block] : own) blocks[name].add(block);
  }
  return blocks;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2.0;
}

/// A row of logarithms of one trial; empty where one is not known.
std::vector<double> logs_of(const LeagueZone& zone, const PredictorSet& predictors,
                            const std::vector<const TrialFigures*>& figures, std::size_t trial) {
  std::vector<double> row;
  for (std::size_t p = 0; p < predictors.size(); ++p) {
    const Predictor& predictor = *zone.figures->predictors()[predictors[p]];
    const std::optional<double> log = log_figure(predictor, (*figures[p])[trial]);
    if (!log) return {};
    row.push_back(*log);
  }
  return row;
}

/// The figures that know nothing of a level; without one those of the whole.
std::vector<const TrialFigures*> figures_of(const LeagueZone& zone, const PredictorSet& predictors,
                                            const std::string& factor, const std::string& level) {
  std::vector<const TrialFigures*> figures;
  for (const std::size_t predictor : predictors)
    figures.push_back(level.empty() ? &zone.figures->figures(predictor)
                                    : &zone.figures->figures_without(predictor, factor, level));
  return figures;
}

std::vector<std::string> levels_of(const LeagueZone& zone, const std::string& factor) {
  std::vector<std::string> levels;
  for (const std::size_t trial : zone.trials)
    levels.push_back(trial_level(zone.figures->model().trials[trial].key(), factor));
  return levels;
}

std::set<std::string> distinct(const std::vector<std::string>& levels) {
  std::set<std::string> names(levels.begin(), levels.end());
  names.erase("");
  return names;
}

/// The predictors of one zone by name in another.
PredictorSet same_predictors(const LeagueZone& zone, const PredictorSet& predictors,
                             const LeagueZone& other) {
  PredictorSet same;
  const auto& all = other.figures->predictors();
  for (const std::size_t predictor : predictors) {
    const auto found = std::find(all.begin(), all.end(), zone.figures->predictors()[predictor]);
    if (found == all.end()) return {};
    same.push_back(static_cast<std::size_t>(found - all.begin()));
  }
  return same;
}

void add_all(const LeagueZone& zone, const PredictorSet& predictors,
             const std::vector<const TrialFigures*>& figures, Observations& observations) {
  for (std::size_t i = 0; i < zone.trials.size(); ++i) {
    std::vector<double> row = logs_of(zone, predictors, figures, zone.trials[i]);
    if (!row.empty()) observations.add(std::move(row), zone.log_y[i]);
  }
}

/// A level that is left out: the fit's part, and what it never saw.
struct Fold {
  std::string level{};
  Observations training{}, left_out{};
  std::vector<std::size_t> trials{};  ///< of `left_out`
};

void add_left_out(const LeagueZone& zone, std::vector<double> row, std::size_t i, Fold& fold) {
  fold.left_out.add(std::move(row), zone.log_y[i]);
  fold.trials.push_back(zone.trials[i]);
}

/// The level's trials are left out.
Fold level_fold(const LeagueZone& zone, const std::string& factor,
                const std::vector<std::string>& levels, const std::string& level,
                const PredictorSet& predictors) {
  const auto figures = figures_of(zone, predictors, factor, level);
  Fold fold{.level = level};
  for (std::size_t i = 0; i < zone.trials.size(); ++i) {
    std::vector<double> row = logs_of(zone, predictors, figures, zone.trials[i]);
    if (row.empty()) continue;
    if (levels[i] == level)
      add_left_out(zone, std::move(row), i, fold);
    else
      fold.training.add(std::move(row), zone.log_y[i]);
  }
  return fold;
}

/// The whole zone is left out.
Fold model_fold(const LeagueZone& zone, const PredictorSet& predictors,
                const std::vector<LeagueZone>& others) {
  Fold fold{.level = zone.figures->model().baseline->key.model};
  for (const LeagueZone& other : others) {
    const PredictorSet same = same_predictors(zone, predictors, other);
    if (other.log_y.empty() || same.empty()) continue;
    add_all(other, same, figures_of(other, same, "model", ""), fold.training);
  }
  const auto figures = figures_of(zone, predictors, "model", fold.level);
  for (std::size_t i = 0; i < zone.trials.size(); ++i) {
    std::vector<double> row = logs_of(zone, predictors, figures, zone.trials[i]);
    if (!row.empty()) add_left_out(zone, std::move(row), i, fold);
  }
  return fold;
}

/// The fold of the set with the greatest R² in training; the only one is taken as it is. Null where
/// none can be fitted.
template <typename FoldOf>
std::optional<Fold> chosen_fold(const std::vector<PredictorSet>& sets, const FoldOf& fold_by) {
  if (sets.size() == 1) return fold_by(sets.front());
  std::optional<Fold> best;
  double greatest = 0.0;
  std::size_t most = 0;
  std::vector<Fold> folds;
  for (const PredictorSet& set : sets) {
    folds.push_back(fold_by(set));
    most = std::max(most, folds.back().training.y.size());
  }
  for (Fold& fold : folds) {
    const bool has_most = static_cast<double>(fold.training.y.size()) >=
                          kLeastShareOfTrials * static_cast<double>(most);
    const std::optional<LinearFit> fit = has_most ? fit_least_squares(fold.training) : std::nullopt;
    const std::optional<double> r2 = fit ? r2_of(*fit, fold.training) : std::nullopt;
    if (!r2 || (best && *r2 <= greatest)) continue;
    greatest = *r2;
    best = std::move(fold);
  }
  return best;
}

/// One a level that has trials, of the set that is chosen there; none where no set can be fitted.
std::vector<std::optional<Fold>> folds_of(const LeagueZone& zone, const std::string& factor,
                                          const std::vector<PredictorSet>& sets,
                                          const std::vector<LeagueZone>& others) {
  if (factor == "model")
    return {
        chosen_fold(sets, [&](const PredictorSet& set) { return model_fold(zone, set, others); })};
  const std::vector<std::string> levels = levels_of(zone, factor);
  std::vector<std::optional<Fold>> folds;
  for (const std::string& level : distinct(levels)) {
    std::optional<Fold> fold = chosen_fold(sets, [&](const PredictorSet& set) {
      return level_fold(zone, factor, levels, level, set);
    });
    if (!fold || !fold->left_out.y.empty()) folds.push_back(std::move(fold));
  }
  return folds;
}

}  // namespace

ModelFigures::ModelFigures(const LeagueModel& model, const PredictorRegistry& registry)
    : model_(&model) {
  for (const Predictor& predictor : registry.predictors()) {
    TrialFigures figures = trial_figures(predictor, model);
    if (std::none_of(figures.begin(), figures.end(),
                     [](const auto& figure) { return figure.has_value(); }))
      continue;
    predictors_.push_back(&predictor);
    figures_.push_back(std::move(figures));
  }
}

const TrialFigures& ModelFigures::figures_without(std::size_t predictor, const std::string& factor,
                                                  const std::string& level) {
  if (!predictors_[predictor]->fitted) return figures_[predictor];
  const auto [place, is_new] = without_.try_emplace({predictor, {factor, level}});
  if (is_new) {
    std::vector<const ResultRow*> training;
    std::copy_if(model_->rows.begin(), model_->rows.end(), std::back_inserter(training),
                 [&](const ResultRow* row) { return trial_level(row->key, factor) != level; });
    place->second = trial_figures(*predictors_[predictor], *model_, training);
  }
  return place->second;
}

TrialOutcomes trial_outcomes(const LeagueModel& model, const LeagueTarget& target) {
  std::vector<FigureBlocks> own;
  FigureBlocks all;
  for (const LeagueTrial& trial : model.trials) {
    own.push_back(blocks_of(trial, *model.baseline, target));
    for (const auto& [name, block] : own.back()) all[name];
  }
  TrialOutcomes outcomes(own.size());
  for (std::size_t t = 0; t < own.size(); ++t) {
    if (own[t].empty()) continue;
    BlockSums& blocks = outcomes[t].emplace();
    for (const auto& [name, none] : all) {
      const auto found = own[t].find(name);
      blocks.push_back(found == own[t].end() ? none : found->second);
    }
  }
  return outcomes;
}

LeagueZone league_zone(ModelFigures& figures, const TrialOutcomes& outcomes,
                       const std::string& zone) {
  const std::vector<LeagueTrial>& trials = figures.model().trials;
  std::vector<double> kl;
  for (std::size_t t = 0; t < trials.size(); ++t)
    if (outcomes[t]) kl.push_back(trials[t].kl);
  LeagueZone chosen{.figures = &figures};
  if (kl.empty()) return chosen;
  const double middle = median(kl);
  for (std::size_t t = 0; t < trials.size(); ++t) {
    if (!outcomes[t] || (zone != "all" && (trials[t].kl < middle) != (zone == "near"))) continue;
    chosen.trials.push_back(t);
    chosen.outcomes.push_back(*outcomes[t]);
    const double y = block_mean(*outcomes[t]).value_or(0.0);
    if (y > 0.0) chosen.log_y.push_back(std::log(y));
  }
  if (chosen.log_y.size() < chosen.trials.size()) chosen.log_y.clear();
  return chosen;
}

bool has_levels(const LeagueZone& zone, const std::string& factor,
                const std::vector<LeagueZone>& others) {
  return factor == "model" ? !others.empty() : distinct(levels_of(zone, factor)).size() > 1;
}

Observations zone_observations(const LeagueZone& zone, const PredictorSet& predictors) {
  Observations observations;
  if (!zone.log_y.empty())
    add_all(zone, predictors, figures_of(zone, predictors, "", ""), observations);
  return observations;
}

std::optional<double> left_out_r2(const LeagueZone& zone, const std::string& factor,
                                  const std::vector<PredictorSet>& sets,
                                  const std::vector<LeagueZone>& others) {
  if (zone.log_y.empty()) return std::nullopt;
  LeftOutR2 r2;
  for (const std::optional<Fold>& fold : folds_of(zone, factor, sets, others))
    if (!fold || !r2.add(fold->training, fold->left_out)) return std::nullopt;
  return r2.r2();
}

std::vector<LeftOutTrial> left_out_trials(const LeagueZone& zone, const std::string& factor,
                                          const PredictorSet& predictors,
                                          const std::vector<LeagueZone>& others) {
  std::vector<LeftOutTrial> trials;
  if (zone.log_y.empty()) return trials;
  for (const std::optional<Fold>& fold : folds_of(zone, factor, {predictors}, others)) {
    const std::optional<LinearFit> fit = fold ? fit_least_squares(fold->training) : std::nullopt;
    if (!fit) return {};
    for (std::size_t i = 0; i < fold->trials.size(); ++i)
      trials.push_back({.trial = fold->trials[i],
                        .level = fold->level,
                        .measured = fold->left_out.y[i],
                        .predicted = fit->at(fold->left_out.x[i])});
  }
  return trials;
}

}  // namespace nf
