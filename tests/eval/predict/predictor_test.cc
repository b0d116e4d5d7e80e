#include "eval/predict/predictor.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace nf {
namespace {

TEST(Predictor, StandInTheOrderOfTheirNamesAndHaveAFormulaAndAUnit) {
  const PredictorRegistry registry = PredictorRegistry::builtin();
  const std::vector<Predictor>& all = registry.predictors();
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end(), [](const Predictor& a, const Predictor& b) {
    return a.name < b.name;
  }));
  for (const Predictor& predictor : all) {
    EXPECT_FALSE(predictor.formula.empty()) << predictor.name;
    EXPECT_FALSE(predictor.unit.empty()) << predictor.name;
    EXPECT_EQ(registry.find(predictor.name), &predictor);
  }
  EXPECT_EQ(registry.find("no_such"), nullptr);
}

TEST(Predictor, SaysNothingOfARowThatHasNoSites) {
  const PredictorRegistry registry = PredictorRegistry::builtin();
  const ResultRow row;
  for (const Predictor& predictor : registry.predictors())
    EXPECT_FALSE(predictor.make({})(row).has_value()) << predictor.name;
}

}  // namespace
}  // namespace nf
