#pragma once

#include <optional>
#include <string>
#include <vector>

#include "eval/predict/league.h"

namespace nf {

/// A trial with its target and what was predicted of it.
struct LeaguePoint {
  const LeagueTrial* trial = nullptr;
  std::string level{};    ///< that the fit never saw
  double measured = 0.0;  ///< the target, in its unit
  double predicted = 0.0;
};

/// A predictor of one target of one model at all its trials, each predicted by the fit of the
/// logarithms that never saw its level.
struct LeaguePrediction {
  std::string model{}, predictor{}, factor{};
  double r2 = 0.0;  ///< left out
  std::vector<LeaguePoint> points{};
};

/// The single predictor and the factor of each model with the greatest R² left out: no measured
/// one, which predicts nothing. A model without one is left out. league: make_league() of `trials`
/// and `registry`. Points into `trials`.
std::vector<LeaguePrediction> league_predictions(const League& league, const LeagueTrials& trials,
                                                 const PredictorRegistry& registry,
                                                 const LeagueTarget& target);

}  // namespace nf
