#pragma once

#include <optional>
#include <string>
#include <vector>

#include "eval/predict/league_target.h"
#include "eval/predict/league_trials.h"
#include "eval/predict/predictor.h"
#include "eval/stats/rank_association.h"

namespace nf {

/// The trials of a model that a league is of: near and far have a KL below and from the median of
/// all that have the target.
inline constexpr const char* kLeagueZones[] = {"all", "near", "far"};

/// R² of the logarithm of the target at trials whose level was left out of the fit, over all
/// levels.
struct LeftOutFactor {
  std::string factor;  ///< one of kLeftOutFactors
  std::optional<double> r2{};
};

/// One predictor of one target in one zone of one model.
struct LeagueEntry {
  std::string model{}, predictor{}, target{}, zone{};
  RankAssociation association{};
  std::optional<double> ceiling{};  ///< rank_ceiling() of the trials that have the predictor
  /// Adjusted over the predictors of one model, target and zone (Holm).
  std::optional<double> p_holm{}, p_against_holm{};
  std::vector<LeftOutFactor> left_out{};  ///< factors that have at least two levels
  bool measured = false;                  ///< of the scored text itself: no prediction
  bool joint = false;  ///< two predictors, "p1+p2", the pair with the greatest R²
  std::string note{};
  Index zone_trials = 0;  ///< of the zone, whether they have the predictor or not
  /// Whether more of it should mean less damage, so that its correlations are turned round.
  bool falls_with_damage = false;
  Index tried = 0;  ///< of a pair: of how many it is the one with the greatest R²

  /// Whether so many trials have it that it can be held against predictors that all have.
  bool has_most_trials() const;
};

/// A predictor that fewer trials have is not held against others, nor paired.
inline constexpr double kLeastShareOfTrials = 0.9;

/// Predictors by how well they order the trials.
struct League {
  std::vector<LeagueTarget> targets{};
  /// Model by model, target by target, zone by zone; in each the Spearman farthest from 0 first.
  std::vector<LeagueEntry> entries{};
  std::vector<std::string> remarks{};
};

/// The predictor that all others are held against: the size of δ.
inline constexpr const char* kSizePredictor = "relative_l2";

/// The league of all predictors of the registry that have a figure. Trials are resampled by their
/// names, sweep points and seeds together, and blocks of text besides (rank_associations());
/// where there are fewer than kFewestClusters names, by the layer, role or site that `each` has
/// them distort. A predictor whose figure is not above 0 in some trial has no R², nor has any where
/// the target is not.
League make_league(const LeagueTrials& trials, const PredictorRegistry& registry,
                   const std::vector<LeagueTarget>& targets);

/// The entries of one model, target and zone, in their order.
std::vector<const LeagueEntry*> league_table_of(const League& league, const std::string& model,
                                                const std::string& target, const std::string& zone);

}  // namespace nf
