#include "eval/predict/league_prediction.h"

#include <gtest/gtest.h>

#include "tests/support/league_support.h"

namespace nf {
namespace {

TEST(LeaguePrediction, OfATrialKnowsNothingOfItsLevel) {
  std::vector<PlantedTrial> trials;
  for (int layer = 0; layer < 4; ++layer)
    for (int i = 1; i <= 3; ++i) {
      const double size = 0.1 * i + 0.01 * layer;
      // Damage is size squared, but layer 3 does ten times as much.
      trials.push_back({.name = "t" + std::to_string(layer) + std::to_string(i),
                        .figures = {{"relative_l2", size}},
                        .kl = size * size * (layer == 3 ? 10.0 : 1.0),
                        .vars = {{"layer", layer}}});
    }
  const PredictorRegistry registry = planted_predictors({"relative_l2"});
  const std::vector<LeagueRun> runs = {planted_run(trials)};
  const LeagueTrials gathered = gather_league_trials(runs);
  const LeagueTarget target = league_target("kl");
  const League league = make_league(gathered, registry, {target});
  const auto predictions = league_predictions(league, gathered, registry, target);
  ASSERT_EQ(predictions.size(), 1u);
  EXPECT_EQ(predictions[0].factor, "layer");
  ASSERT_EQ(predictions[0].points.size(), 12u);
  double by_fit = 0.0;
  for (const LeaguePoint& point : predictions[0].points) {
    EXPECT_NEAR(point.measured, point.trial->kl, 1e-9);
    if (point.level != "3") continue;
    by_fit += 1.0;
    EXPECT_NEAR(point.measured / point.predicted, 10.0, 1e-6) << "fitted on the other layers alone";
  }
  EXPECT_EQ(by_fit, 3.0);
}

}  // namespace
}  // namespace nf
