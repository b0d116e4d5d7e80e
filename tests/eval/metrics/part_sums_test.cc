#include "eval/metrics/part_sums.h"

#include <gtest/gtest.h>

#include <limits>

#include "eval/metrics/detail.h"
#include "eval/metrics/kl_tail.h"
#include "eval/metrics/summed_figures.h"

namespace nf {
namespace {

/// A token that counts for every figure, each number another one.
const ScoredToken kToken = {.nll = 2.0,
                            .baseline_nll = 1.5,
                            .kl = 0.25,
                            .kl_reverse = 0.125,
                            .confidence = 0.5,
                            .top1 = true,
                            .greedy = true,
                            .residual = 16.0,
                            .residual_error = 0.5};
/// Tokens that flip.
const ScoredToken kLost = {.baseline_greedy = true, .residual = 4.0, .residual_error = 0.5};
const ScoredToken kGained = {.greedy = true, .residual = 4.0, .residual_error = 0.0};

TEST(PartSums, TakeTokensIntoEveryFigure) {
  PartSums sums;
  sums.add(kToken);
  sums.add(kToken);
  sums.add(kLost);
  sums.add(kGained);
  EXPECT_EQ(sums, (PartSums{.tokens = 4,
                            .nll = 4.0,
                            .kl = 0.5,
                            .kl_reverse = 0.25,
                            .top1 = 2,
                            .greedy = 3,
                            .flips_lost = 1,
                            .flips_gained = 3,
                            .residual = 40.0,
                            .residual_error = 1.5}));
  for (const SummedFigure& figure : summed_figures())
    EXPECT_GT(figure.sum_of(sums), 0.0) << figure.name;
}

TEST(PartSums, AddUpInEveryFigureWithoutTheDetail) {
  PartSums one, both;
  one.add(kToken);
  both.add(kToken);
  both.add(kToken);
  PartSums added = one;
  added.detail = std::make_shared<Detail>();
  const auto detail = added.detail;
  PartSums more = one;
  more.detail = std::make_shared<Detail>();
  added.add(more);
  EXPECT_EQ(added, both);
  EXPECT_EQ(added.detail, detail);
}

TEST(PartSums, KnowASumWhereEveryPartDoes) {
  PartSums sums;
  sums.add(kToken);
  EXPECT_FALSE(sums.lacks_residual);
  sums.add(ScoredToken{.nll = 1.0});  // whose states nobody has looked at
  EXPECT_TRUE(sums.lacks_residual && sums.lacks_residual_error);
  EXPECT_FALSE(sums.lacks_flips);
  EXPECT_TRUE(sums.is_finite());
  PartSums of_old{.tokens = 1, .lacks_flips = true};
  PartSums text;
  text.add(of_old);
  text.add(sums);
  EXPECT_TRUE(text.lacks_flips && text.lacks_residual);
  EXPECT_NE(of_old, PartSums{.tokens = 1});
}

TEST(PartSums, AreEqualWhereTheirTailsAre) {
  const auto with = [](const std::string& bins) {
    PartSums sums;
    sums.tail = std::make_shared<PackedKlTail>(PackedKlTail{bins, 0.5});
    return sums;
  };
  EXPECT_EQ(with("AA"), with("AA"));
  EXPECT_NE(with("AA"), with("AB"));
  EXPECT_NE(with("AA"), PartSums());
}

TEST(PartSums, AreEqualWhereEveryFigureIs) {
  PartSums sums;
  sums.add(kToken);
  PartSums other = sums;
  EXPECT_EQ(other, sums);
  other.detail = std::make_shared<Detail>();
  EXPECT_EQ(other, sums);
  other.tokens = 2;
  EXPECT_NE(other, sums);
  for (const SummedFigure& figure : summed_figures()) {
    other = sums;
    figure.set(figure.sum_of(sums) + 1.0, other);
    EXPECT_NE(other, sums) << figure.name;
  }
}

TEST(PartSums, AreFiniteWhereEverySumIs) {
  EXPECT_TRUE(PartSums().is_finite());
  for (const SummedFigure& figure : summed_figures()) {
    if (figure.is_count()) continue;
    for (const double bad :
         {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
      PartSums sums;
      figure.set(bad, sums);
      EXPECT_FALSE(sums.is_finite()) << figure.name;
    }
  }
}

}  // namespace
}  // namespace nf
