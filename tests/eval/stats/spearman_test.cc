#include "eval/stats/spearman.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace nf {
namespace {

TEST(Spearman, RanksShareTheMeanOfEqualValues) {
  const std::vector<double> values = {3.0, 1.0, 2.0, 1.0, 5.0};
  EXPECT_EQ(mid_ranks(values), (std::vector<double>{4.0, 1.5, 3.0, 1.5, 5.0}));
}

TEST(Spearman, IsPearsonsOfTheRanks) {
  // scipy.stats.spearmanr of the same values
  const std::vector<double> x = {1.0, 2.0, 3.0, 4.0, 5.0, 6.0}, y = {2.0, 1.0, 4.0, 3.0, 60.0, 5.0};
  EXPECT_NEAR(*spearman(x, y), 1.0 - 6.0 * 6.0 / (6.0 * 35.0), 1e-15);
  const std::vector<double> tied = {1.0, 1.0, 2.0, 2.0, 3.0, 3.0};
  EXPECT_NEAR(*spearman(x, tied), 0.956182887467515, 1e-12);
  EXPECT_DOUBLE_EQ(*spearman(x, x), 1.0);
}

TEST(Spearman, SaysNothingOfEqualOrTooFewValues) {
  const std::vector<double> x = {1.0, 2.0, 3.0}, equal = {2.0, 2.0, 2.0}, two = {1.0, 2.0};
  EXPECT_FALSE(spearman(x, equal));
  EXPECT_FALSE(spearman(two, two));
}

TEST(Spearman, PartialTakesOutWhatTheThirdSays) {
  EXPECT_NEAR(*partial_correlation(0.5, 0.6, 0.7), (0.5 - 0.42) / std::sqrt(0.64 * 0.51), 1e-15);
  EXPECT_NEAR(*partial_correlation(0.42, 0.6, 0.7), 0.0, 1e-15);
  EXPECT_FALSE(partial_correlation(0.5, 1.0, 0.5));
}

TEST(Spearman, HalvesAreBroughtUpToTheWhole) {
  EXPECT_DOUBLE_EQ(*spearman_brown(0.5), 2.0 / 3.0);
  EXPECT_FALSE(spearman_brown(-0.1));
}

}  // namespace
}  // namespace nf
