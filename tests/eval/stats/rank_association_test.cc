#include "eval/stats/rank_association.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "core/base/parallel.h"
#include "eval/stats/spearman.h"

namespace nf {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// Trials of one name each, over 16 blocks; predictors: size, another, one that some lack.
RankedTrials drawn_trials(Index count) {
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal;
  RankedTrials trials;
  trials.size = 0;
  trials.predictors.resize(3);
  for (Index t = 0; t < count; ++t) {
    const double size = normal(random), other = 0.5 * size + normal(random);
    const double outcome = size + other + 0.3 * normal(random);
    trials.clusters.push_back(t);
    BlockSums& blocks = trials.outcomes.emplace_back();
    for (Index b = 0; b < 16; ++b)
      blocks.push_back({.tokens = 100.0, .sum = 100.0 * std::exp(outcome + 0.1 * normal(random))});
    trials.predictors[0].values.push_back(size);
    trials.predictors[1].values.push_back(std::round(4.0 * other));  // has ties
    trials.predictors[2].values.push_back(t % 3 == 0 ? kNone : other);
    trials.predictors[0].logs.push_back(size);
  }
  return trials;
}

std::vector<double> outcomes_of(const RankedTrials& trials) {
  std::vector<double> outcomes;
  for (const BlockSums& blocks : trials.outcomes) outcomes.push_back(*block_mean(blocks));
  return outcomes;
}

TEST(RankAssociation, EstimatesAreThoseOfTheirDefinitions) {
  const RankedTrials trials = drawn_trials(30);
  const auto found = rank_associations(trials);
  const std::vector<double> y = outcomes_of(trials);
  const auto &size = trials.predictors[0].values, &other = trials.predictors[1].values;
  EXPECT_NEAR(*found[0].spearman, *spearman(size, y), 1e-12);
  EXPECT_FALSE(found[0].partial);
  EXPECT_FALSE(found[0].p_against_size);
  const double xy = *spearman(other, y), xz = *spearman(other, size), yz = *spearman(y, size);
  EXPECT_NEAR(*found[1].spearman, xy, 1e-12);
  EXPECT_NEAR(*found[1].partial, *partial_correlation(xy, xz, yz), 1e-12);
  EXPECT_FALSE(found[1].r2);
}

TEST(RankAssociation, TrialsWithoutAPredictorDoNotCountInIt) {
  const RankedTrials trials = drawn_trials(30);
  const auto found = rank_associations(trials);
  std::vector<double> x, y, z;
  for (std::size_t t = 0; t < 30; ++t) {
    if (t % 3 == 0) continue;
    x.push_back(trials.predictors[2].values[t]);
    y.push_back(outcomes_of(trials)[t]);
    z.push_back(trials.predictors[0].values[t]);
  }
  EXPECT_EQ(found[2].trials, 20);
  EXPECT_NEAR(*found[2].spearman, *spearman(x, y), 1e-12);
  EXPECT_NEAR(*found[2].partial,
              *partial_correlation(*spearman(x, y), *spearman(x, z), *spearman(y, z)), 1e-12);
}

TEST(RankAssociation, HoldsAPredictorAgainstTheSizeOnTheTrialsOfBoth) {
  const RankedTrials trials = drawn_trials(30);
  const auto found = rank_associations(trials);
  std::vector<double> x, y, z;
  for (std::size_t t = 0; t < 30; ++t) {
    if (t % 3 == 0) continue;
    x.push_back(trials.predictors[2].values[t]);
    y.push_back(outcomes_of(trials)[t]);
    z.push_back(trials.predictors[0].values[t]);
  }
  EXPECT_EQ(found[2].shared_trials, 20);
  EXPECT_NEAR(*found[2].shared_spearman, *spearman(x, y), 1e-12);
  EXPECT_NEAR(*found[2].size_spearman, *spearman(z, y), 1e-12);
  EXPECT_EQ(found[2].is_beyond_size(), *spearman(x, y) > *spearman(z, y));
  EXPECT_FALSE(found[0].is_beyond_size());
}

/// Spearman's own p would stand beside a partial correlation of other trials.
TEST(RankAssociation, APartialCorrelationOfFewNamesHasNoTest) {
  RankedTrials trials = drawn_trials(20);
  for (std::size_t t = 7; t < 20; ++t) trials.predictors[0].values[t] = kNone;
  const auto found = rank_associations(trials);
  EXPECT_TRUE(found[1].partial);
  EXPECT_TRUE(found[1].spearman_interval);
  EXPECT_FALSE(found[1].p);
}

TEST(RankAssociation, PointsOfOneNameDoNotMakeItSurer) {
  RankedTrials trials = drawn_trials(20), repeated = trials;
  for (std::size_t t = 0; t < 20; ++t) {
    repeated.clusters.push_back(static_cast<Index>(t));
    repeated.outcomes.push_back(trials.outcomes[t]);
    for (std::size_t p = 0; p < 3; ++p)
      repeated.predictors[p].values.push_back(trials.predictors[p].values[t]);
    repeated.predictors[0].logs.push_back(trials.predictors[0].logs[t]);
  }
  const Interval once = *rank_associations(trials)[1].spearman_interval;
  const Interval twice = *rank_associations(repeated)[1].spearman_interval;
  EXPECT_NEAR(twice.low, once.low, 0.02);
  EXPECT_NEAR(twice.high, once.high, 0.02);
}

TEST(RankAssociation, DoesNotDependOnThreads) {
  const RankedTrials trials = drawn_trials(12);
  set_thread_count(1);
  const Interval one = *rank_associations(trials)[1].partial_interval;
  set_thread_count(3);
  const Interval three = *rank_associations(trials)[1].partial_interval;
  set_thread_count(0);
  EXPECT_EQ(one.low, three.low);
  EXPECT_EQ(one.high, three.high);
}

TEST(RankAssociation, FewNamesHaveNoInterval) {
  const auto found = rank_associations(drawn_trials(7));
  EXPECT_TRUE(found[0].spearman);
  EXPECT_FALSE(found[0].spearman_interval);
  EXPECT_FALSE(found[1].p);
  EXPECT_EQ(found[0].note, "no interval: needs 8 names of trials, has 7");
}

TEST(RankAssociation, OfEqualSizesPartialIsSpearman) {
  RankedTrials trials = drawn_trials(20);
  for (double& size : trials.predictors[0].values) size = 0.1;
  const auto found = rank_associations(trials);
  EXPECT_FALSE(found[0].spearman);
  EXPECT_EQ(*found[1].partial, *found[1].spearman);
  EXPECT_TRUE(found[1].p);
}

TEST(RankAssociation, CeilingIsWhatHalvesOfTheTextSayOfEachOther) {
  const std::vector<BlockSums> equal = {
      {{1.0, 1.0}, {1.0, 1.0}}, {{1.0, 2.0}, {1.0, 2.0}}, {{1.0, 3.0}, {1.0, 3.0}}};
  EXPECT_DOUBLE_EQ(*rank_ceiling(equal), 1.0);
  const std::vector<BlockSums> crossed = {
      {{1.0, 1.0}, {1.0, 2.0}}, {{1.0, 2.0}, {1.0, 1.0}}, {{1.0, 3.0}, {1.0, 3.0}}};
  EXPECT_DOUBLE_EQ(*rank_ceiling(crossed), 2.0 * 0.5 / 1.5);
}

/// Damage of each trial, and two texts' luck on it: what knows the damage itself correlates more
/// with either text than they with each other.
TEST(RankAssociation, APerfectPredictorReachesTheRootOfTheReliability) {
  std::mt19937_64 random(4);
  std::normal_distribution<double> normal;
  std::vector<double> damage, one, other;
  for (int i = 0; i < 4000; ++i) {
    damage.push_back(normal(random));
    one.push_back(damage.back() + normal(random));
    other.push_back(damage.back() + normal(random));
  }
  const double reliability = *spearman(one, other);
  EXPECT_NEAR(*spearman(damage, one), perfect_spearman(reliability), 0.02);
  EXPECT_GT(*spearman(damage, one), reliability + 0.15);
}

}  // namespace
}  // namespace nf
