#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "eval/predict/league.h"
#include "eval/predict/trial_figures.h"
#include "eval/stats/least_squares.h"

namespace nf {

/// Figures of predictors for the trials of one model. Those of predictors that learn from outcomes
/// are learned anew for each level that is left out, and kept.
class ModelFigures {
 public:
  ModelFigures(const LeagueModel& model, const PredictorRegistry& registry);

  const LeagueModel& model() const { return *model_; }
  /// The predictors that have a figure at all.
  const std::vector<const Predictor*>& predictors() const { return predictors_; }
  const TrialFigures& figures(std::size_t predictor) const { return figures_[predictor]; }
  /// The figures where the rows of one level teach nothing.
  const TrialFigures& figures_without(std::size_t predictor, const std::string& factor,
                                      const std::string& level);

 private:
  const LeagueModel* model_;
  std::vector<const Predictor*> predictors_;
  std::vector<TrialFigures> figures_;
  std::map<std::pair<std::size_t, std::pair<std::string, std::string>>, TrialFigures> without_;
};

/// The outcomes of one target at the trials of a model, each over the same blocks; none of a trial
/// that lacks the target. [trials]
using TrialOutcomes = std::vector<std::optional<BlockSums>>;
TrialOutcomes trial_outcomes(const LeagueModel& model, const LeagueTarget& target);

/// The trials of one zone with the target.
struct LeagueZone {
  ModelFigures* figures = nullptr;
  std::vector<std::size_t> trials{};  ///< of the model's
  std::vector<BlockSums> outcomes{};  ///< of these
  std::vector<double> log_y{};        ///< empty where one is not above 0
};
LeagueZone league_zone(ModelFigures& figures, const TrialOutcomes& outcomes,
                       const std::string& zone);

/// Predictors of a zone that are fitted together: one or two, by their places.
using PredictorSet = std::vector<std::size_t>;

/// The logarithms of a set's figures at the trials of the zone that have all of them, with the
/// target's.
Observations zone_observations(const LeagueZone& zone, const PredictorSet& predictors);

/// R² at trials of a level that the fit on the others never saw, over all levels of a factor; none
/// where a level leaves too few. Of several sets each level is predicted by the one that has the
/// greatest R² on the others, so that the choice knows no more than the fit. others: the zones of
/// other checkpoints, for the factor `model`.
std::optional<double> left_out_r2(const LeagueZone& zone, const std::string& factor,
                                  const std::vector<PredictorSet>& sets,
                                  const std::vector<LeagueZone>& others);
/// A trial as a fit has it that never saw the trial's level; logarithms of the target.
struct LeftOutTrial {
  std::size_t trial = 0;  ///< of the model's
  std::string level{};
  double measured = 0.0, predicted = 0.0;
};
/// The trials that left_out_r2() is about, level by level; empty where it has none.
std::vector<LeftOutTrial> left_out_trials(const LeagueZone& zone, const std::string& factor,
                                          const PredictorSet& predictors,
                                          const std::vector<LeagueZone>& others);
/// Whether at least two levels of the factor are among the trials (of `model`: whether there are
/// others).
bool has_levels(const LeagueZone& zone, const std::string& factor,
                const std::vector<LeagueZone>& others);

}  // namespace nf
