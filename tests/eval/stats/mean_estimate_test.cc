#include "eval/stats/mean_estimate.h"

#include <gtest/gtest.h>

#include <cmath>

#include "eval/stats/distributions.h"
#include "tests/support/synthetic_kl.h"

namespace nf {
namespace {

/// Sums in a different order only.
constexpr double kRounding = 1e-12;

BlockSums blocks_of(const std::vector<double>& means, double tokens = 10.0) {
  BlockSums blocks;
  for (const double mean : means) blocks.push_back({.tokens = tokens, .sum = mean * tokens});
  return blocks;
}

/// Symmetric about 2: no skewness.
const std::vector<double> kSymmetric = {0.5, 1.0, 1.5, 2.0, 2.0, 2.5, 3.0, 3.5};

TEST(MeanEstimate, WeighsBlocksByTheirTokens) {
  const BlockSums blocks = {{.tokens = 1, .sum = 5}, {.tokens = 3, .sum = 3}};
  const MeanEstimate estimate = estimate_mean({&blocks, 1});
  EXPECT_DOUBLE_EQ(estimate.mean, 2.0);
  EXPECT_DOUBLE_EQ(estimate.tokens, 4.0);
  EXPECT_EQ(estimate.blocks, 2);
  // residuals (5 - 2)/2 and (3 - 6)/2; Var = (1.5² + 1.5²)/(2·1)
  EXPECT_DOUBLE_EQ(estimate.se_text, 1.5);
  EXPECT_EQ(estimate.se_seed, 0.0);
}

TEST(MeanEstimate, OfEqualBlocksIsTheTextbookOne) {
  const BlockSums blocks = blocks_of(kSymmetric);
  const MeanEstimate estimate = estimate_mean({&blocks, 1});
  const double sd = std::sqrt((2.25 + 1.0 + 0.25) * 2.0 / 7.0);
  EXPECT_NEAR(estimate.sd_text, sd, kRounding);
  EXPECT_NEAR(estimate.se_text, sd / std::sqrt(8.0), kRounding);
  EXPECT_NEAR(estimate.skewness, 0.0, kRounding);
  const double half = t_quantile(0.025, 7.0) * sd / std::sqrt(8.0);
  const Interval interval = *interval_of(estimate);
  EXPECT_NEAR(interval.low, 2.0 - half, kRounding);
  EXPECT_NEAR(interval.high, 2.0 + half, kRounding);
}

TEST(MeanEstimate, ReachesFurtherWhereValuesDo) {
  const BlockSums blocks = blocks_of({1, 1, 1, 1, 1, 2, 3, 10});
  const MeanEstimate estimate = estimate_mean({&blocks, 1});
  const Interval interval = *interval_of(estimate);
  const double half = t_quantile(0.025, 7.0) * estimate.se_text;
  EXPECT_NEAR(interval.low, estimate.mean - half, kRounding);
  EXPECT_GT(interval.high, estimate.mean + 1.5 * half);
}

TEST(MeanEstimate, TellsSeedsFromText) {
  // 2 seeds × 8 blocks without a rest: blocks as above, seeds at ± 0.5.
  std::vector<BlockSums> seeds;
  for (const double effect : {-0.5, 0.5}) {
    std::vector<double> means = kSymmetric;
    for (double& mean : means) mean += effect;
    seeds.push_back(blocks_of(means));
  }
  const MeanEstimate estimate = estimate_mean(seeds);
  EXPECT_NEAR(estimate.mean, 2.0, kRounding);
  EXPECT_DOUBLE_EQ(estimate.tokens, 80.0);
  EXPECT_NEAR(estimate.sd_text, 1.0, kRounding);
  EXPECT_NEAR(estimate.sd_seed, std::sqrt(0.5), kRounding);
  EXPECT_NEAR(estimate.se_text, 1.0 / std::sqrt(8.0), kRounding);
  EXPECT_NEAR(estimate.se_seed, 0.5, kRounding);
  const double half =
      std::hypot(t_quantile(0.025, 7.0) / std::sqrt(8.0), t_quantile(0.025, 1.0) * 0.5);
  EXPECT_NEAR(interval_of(estimate)->high, 2.0 + half, kRounding);
}

/// (MS_seed + MS_block - MS_rest)/(S·B), straight from the definition.
double crossed_variance(const std::vector<BlockSums>& seeds) {
  const double s = static_cast<double>(seeds.size());
  const double b = static_cast<double>(seeds.front().size());
  std::vector<double> seed_means(seeds.size(), 0.0), block_means(seeds.front().size(), 0.0);
  double grand = 0.0;
  const auto value = [&](std::size_t i, std::size_t j) { return seeds[i][j].sum; };
  for (std::size_t i = 0; i < seeds.size(); ++i) {
    for (std::size_t j = 0; j < block_means.size(); ++j) {
      seed_means[i] += value(i, j) / b;
      block_means[j] += value(i, j) / s;
      grand += value(i, j) / (s * b);
    }
  }
  double seed = 0.0, block = 0.0, rest = 0.0;
  for (const double mean : seed_means) seed += b * std::pow(mean - grand, 2) / (s - 1.0);
  for (const double mean : block_means) block += s * std::pow(mean - grand, 2) / (b - 1.0);
  for (std::size_t i = 0; i < seeds.size(); ++i)
    for (std::size_t j = 0; j < block_means.size(); ++j)
      rest += std::pow(value(i, j) - seed_means[i] - block_means[j] + grand, 2) /
              ((s - 1.0) * (b - 1.0));
  EXPECT_GT(seed, rest);
  EXPECT_GT(block, rest);
  return (seed + block - rest) / (s * b);
}

TEST(MeanEstimate, HasTheVarianceOfTwoWayClustering) {
  SyntheticKl random(0.0, 0.0, 5);
  std::vector<BlockSums> seeds(3);
  std::vector<double> text;
  for (int b = 0; b < 12; ++b) text.push_back(random.normal());
  for (BlockSums& row : seeds) {
    const double effect = random.normal();
    for (const double block : text)
      row.push_back({.tokens = 1.0, .sum = effect + block + 0.3 * random.normal()});
  }
  const MeanEstimate estimate = estimate_mean(seeds);
  EXPECT_NEAR(estimate.se_text * estimate.se_text + estimate.se_seed * estimate.se_seed,
              crossed_variance(seeds), kRounding);
}

/// Where blocks have nothing in common over the seeds, the spread of the seeds' means alone says
/// how sure the mean is: 0.5 and 1 here, so ± 0.25·t[1].
TEST(MeanEstimate, IsNeverSurerThanItsSeedsAgree) {
  const std::vector<BlockSums> seeds = {blocks_of({1, 0, 1, 0, 1, 0, 1, 0}),
                                        blocks_of({2, 0, 2, 0, 2, 0, 2, 0})};
  const MeanEstimate estimate = estimate_mean(seeds);
  EXPECT_DOUBLE_EQ(estimate.se_rows, 0.25);
  EXPECT_LT(estimate.se_seed, 0.25);
  const double reach = 0.25 * t_quantile(0.025, 1.0);
  EXPECT_NEAR(interval_of(estimate)->high, 0.75 + reach, kRounding);
  EXPECT_NEAR(interval_of(estimate)->low, 0.75 - reach, kRounding);
  EXPECT_LT(text_interval(estimate).high, 0.75 + reach);
}

TEST(MeanEstimate, NeverSubtractsMoreThanThereIs) {
  // The seeds' means are equal, so their mean square is below the rest's.
  const std::vector<BlockSums> seeds = {blocks_of({0, 1, 2, 3, 4, 5, 6, 7}),
                                        blocks_of({1, 0, 3, 2, 5, 4, 7, 6})};
  const MeanEstimate estimate = estimate_mean(seeds);
  EXPECT_EQ(estimate.se_seed, 0.0);
  EXPECT_EQ(estimate.sd_seed, 0.0);
  EXPECT_GT(estimate.se_text, 0.0);
}

TEST(MeanEstimate, SaysWhyThereIsNoInterval) {
  const BlockSums few = blocks_of({1, 2, 3});
  EXPECT_EQ(why_no_interval(estimate_mean({&few, 1})), "needs 8 blocks, has 3");
  EXPECT_FALSE(interval_of(estimate_mean({&few, 1})));
  EXPECT_FALSE(p_value(estimate_mean({&few, 1})));
  const BlockSums equal = blocks_of(std::vector<double>(16, 0.0));
  EXPECT_EQ(why_no_interval(estimate_mean({&equal, 1})), "all 16 blocks are equal");
  EXPECT_FALSE(interval_of(estimate_mean({&equal, 1})));
  const BlockSums one = blocks_of({1});
  EXPECT_EQ(estimate_mean({&one, 1}).mean, 1.0);
  const BlockSums enough = blocks_of(kSymmetric);
  EXPECT_EQ(why_no_interval(estimate_mean({&enough, 1})), "");
}

TEST(MeanEstimate, CountsTheBlocksThatDiffer) {
  BlockSums questions(200, {.tokens = 1.0, .sum = 0.0});
  EXPECT_EQ(differing_blocks(questions), 0);
  questions[17].sum = -1.0;
  questions[18].sum = 1.0;
  questions[40].sum = -1.0;
  EXPECT_EQ(differing_blocks(questions), 3);
  EXPECT_EQ(why_rough(questions), "only 3 of 200 blocks differ: a rough interval");
  for (std::size_t i = 100; i < 105; ++i) questions[i].sum = 1.0;
  EXPECT_EQ(why_rough(questions), "");
  // Most lost: what differs is the rest. Blocks of other sizes with the same mean are equal.
  BlockSums lost(20, {.tokens = 1.0, .sum = -1.0});
  lost[3] = {.tokens = 4.0, .sum = -4.0};
  lost[7].sum = 0.0;
  EXPECT_EQ(differing_blocks(lost), 1);
  EXPECT_EQ(differing_blocks(blocks_of({1, 2, 3, 4, 5, 6, 7, 8})), 8);
  EXPECT_EQ(differing_blocks({}), 0);
  // A ratio's blocks may be 0/0.
  questions.front() = {};
  EXPECT_EQ(differing_blocks(questions), 8);
}

TEST(MeanEstimate, HasThePValueOfItsInterval) {
  int tested = 0;
  for (const double shift : {-3.5, -2.5, -0.9, 0.4}) {
    std::vector<double> means = {1, 1, 1, 1, 1, 2, 3, 4};
    for (double& mean : means) mean += shift;
    for (const BlockSums& row : {blocks_of(means), blocks_of(kSymmetric)}) {
      std::vector<BlockSums> seeds = {row};
      if (shift < -3.0) {  // one more seed, farther off
        seeds.push_back(row);
        for (BlockSum& block : seeds.back()) block.sum -= 2.0;
      }
      const MeanEstimate estimate = estimate_mean(seeds);
      const double p = *p_value(estimate);
      tested += p < 1.0 ? 1 : 0;
      if (p == 1.0) continue;
      const Interval wider = *interval_of(estimate, 0.49 * p);
      const Interval narrower = *interval_of(estimate, 0.51 * p);
      EXPECT_TRUE(wider.low <= 0.0 && wider.high >= 0.0) << p;
      EXPECT_FALSE(narrower.low <= 0.0 && narrower.high >= 0.0) << p;
    }
  }
  EXPECT_GE(tested, 6);
}

TEST(MeanEstimate, HasTheTestsOfStudentWithoutSkewness) {
  const BlockSums blocks = blocks_of(kSymmetric);
  const MeanEstimate estimate = estimate_mean({&blocks, 1});
  constexpr double kBisection = 1e-9;
  EXPECT_NEAR(*p_value(estimate), 2.0 * t_tail(estimate.mean / estimate.se_text, 7.0), kBisection);
}

TEST(MeanEstimate, FindsNothingWhereTheMeanIsZero) {
  const BlockSums blocks = blocks_of({-4, -3, -2, -1, 1, 2, 3, 4});
  EXPECT_EQ(p_value(estimate_mean({&blocks, 1})), 1.0);
}

}  // namespace
}  // namespace nf
