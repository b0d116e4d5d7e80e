#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "eval/stats/multiple_testing.h"
#include "eval/stats/rank_association.h"
#include "eval/stats/spearman.h"

// Measures how often the intervals of a league hold the truth. The figures that are printed stand
// in docs/statistics.md.

namespace nf {
namespace {

/// Trials as a sweep makes them: points of one name have half of everything in common. The
/// logarithm of a trial's outcome is what its size, a property beyond size, and chance make of it;
/// blocks of text are hard for all trials and, a little, for each in its own way.
struct Scene {
  Index names = 0, most_points = 1, blocks = 16;
  double by_size = 1.0, by_property = 0.0, chance = 0.3;
  double property_by_size = 0.5;  ///< correlation of the two
};

class Trials {
 public:
  Trials(const Scene& scene, std::uint64_t seed) : scene_(scene), random_(seed) {}

  /// Predictors: the size, the property, then `useless` that know nothing of the outcome.
  RankedTrials draw(Index useless = 0) {
    RankedTrials trials;
    trials.size = 0;
    trials.predictors.resize(static_cast<std::size_t>(2 + useless));
    std::vector<double> block_effects;
    for (Index b = 0; b < scene_.blocks; ++b) block_effects.push_back(0.5 * normal());
    for (Index name = 0; name < scene_.names; ++name) {
      std::vector<double> shared;
      for (Index v = 0; v < 3 + useless; ++v) shared.push_back(normal());
      const Index points = std::uniform_int_distribution<Index>(1, scene_.most_points)(random_);
      for (Index point = 0; point < points; ++point) add_trial(name, shared, block_effects, trials);
    }
    return trials;
  }

 private:
  double normal() { return normal_(random_); }

  void add_trial(Index name, const std::vector<double>& shared,
                 const std::vector<double>& block_effects, RankedTrials& trials) {
    std::vector<double> own;
    for (const double value : shared) own.push_back(std::sqrt(0.5) * (value + normal()));
    const double a = scene_.property_by_size;
    const double size = own[0], property = a * size + std::sqrt(1.0 - a * a) * own[1];
    const double outcome =
        scene_.by_size * size + scene_.by_property * property + scene_.chance * own[2];
    trials.clusters.push_back(name);
    BlockSums& blocks = trials.outcomes.emplace_back();
    for (const double effect : block_effects)
      blocks.push_back({.tokens = 1.0, .sum = std::exp(outcome + effect + 0.1 * normal())});
    std::vector<double> figures = {size, property};
    figures.insert(figures.end(), own.begin() + 3, own.end());
    for (std::size_t p = 0; p < figures.size(); ++p) {
      trials.predictors[p].values.push_back(figures[p]);
      trials.predictors[p].logs.push_back(figures[p]);
    }
  }

  Scene scene_;
  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
};

struct Truth {
  double size = 0.0, property = 0.0, partial = 0.0, r2 = 0.0;
};

/// Of a large population.
Truth truth_of(Scene scene) {
  scene.names = 200'000 / scene.most_points;
  const RankedTrials trials = Trials(scene, 99).draw();
  std::vector<double> y, log_y;
  for (const BlockSums& blocks : trials.outcomes) {
    y.push_back(*block_mean(blocks));
    log_y.push_back(std::log(y.back()));
  }
  const auto& z = trials.predictors[0].values;
  const auto& x = trials.predictors[1].values;
  Truth truth{.size = *spearman(z, y), .property = *spearman(x, y)};
  truth.partial = *partial_correlation(truth.property, *spearman(x, z), truth.size);
  double xx = 0.0, yy = 0.0, xy = 0.0;
  const double n = static_cast<double>(y.size());
  const double my = std::accumulate(log_y.begin(), log_y.end(), 0.0) / n;
  const double mx = std::accumulate(x.begin(), x.end(), 0.0) / n;
  for (std::size_t i = 0; i < y.size(); ++i) {
    xx += (x[i] - mx) * (x[i] - mx);
    yy += (log_y[i] - my) * (log_y[i] - my);
    xy += (x[i] - mx) * (log_y[i] - my);
  }
  truth.r2 = xy * xy / (xx * yy);
  return truth;
}

/// How many of the intervals that are there hold the truth.
struct Coverage {
  Index known = 0, held = 0;

  void add(const std::optional<Interval>& interval, double truth) {
    if (!interval) return;
    ++known;
    held += interval->low <= truth && truth <= interval->high ? 1 : 0;
  }
  double share() const { return static_cast<double>(held) / static_cast<double>(known); }
};

void expect_coverage(const Scene& scene, Index runs) {
  const Truth truth = truth_of(scene);
  Coverage size, property, partial, r2;
  Index beyond = 0, against = 0;
  for (Index run = 0; run < runs; ++run) {
    const auto found = rank_associations(Trials(scene, static_cast<std::uint64_t>(run)).draw());
    size.add(found[0].spearman_interval, truth.size);
    property.add(found[1].spearman_interval, truth.property);
    partial.add(found[1].partial_interval, truth.partial);
    r2.add(found[1].r2_interval, truth.r2);
    beyond += found[1].p.value_or(1.0) < 0.05 ? 1 : 0;
    against += found[1].p_against_size.value_or(1.0) < 0.05 ? 1 : 0;
  }
  const auto share = [runs](Index count) {
    return static_cast<double>(count) / static_cast<double>(runs);
  };
  fmt::print(
      "{} names of 1 to {} points: Spearman {:.2f}: {:.3f}, {:.2f}: {:.3f}, partial {:.2f}: {:.3f} "
      "(of {}), R² {:.2f}: {:.3f}; beyond size {:.3f}, against size {:.3f}\n",
      scene.names, scene.most_points, truth.size, size.share(), truth.property, property.share(),
      truth.partial, partial.share(), partial.known, truth.r2, r2.share(), share(beyond),
      share(against));
  constexpr double kLeast = 0.93;
  for (const Coverage& coverage : {size, property, partial, r2})
    EXPECT_GE(coverage.share(), kLeast);
}

constexpr Index kManyRuns = 400;

TEST(RankCoverage, HoldsOfTwentyNames) {
  expect_coverage({.names = 20, .most_points = 3, .by_property = 0.5}, 100);
}

TEST(SlowRankCoverage, HoldsWhereSizeSaysAlmostAll) {
  for (const Index names : {8, 20, 60})
    expect_coverage({.names = names, .most_points = 5}, kManyRuns);
}
TEST(SlowRankCoverage, HoldsOfSingleTrials) {
  for (const Index names : {8, 20, 60}) expect_coverage({.names = names}, kManyRuns);
}
TEST(SlowRankCoverage, HoldsOfAPropertyBeyondSize) {
  for (const Index names : {8, 20, 60})
    expect_coverage({.names = names, .most_points = 3, .by_property = 0.5}, kManyRuns);
}
TEST(SlowRankCoverage, HoldsOfNearlyPerfectOrder) {
  for (const Index names : {8, 20, 60})
    expect_coverage({.names = names, .most_points = 3, .chance = 0.1}, kManyRuns);
}
TEST(SlowRankCoverage, HoldsOfWeakPredictors) {
  for (const Index names : {8, 20, 60})
    expect_coverage(
        {.names = names, .most_points = 3, .by_size = 0.2, .by_property = 0.2, .chance = 1.0},
        kManyRuns);
}

/// Damage that is chance alone, of trials whose sizes say nothing: how often one of the predictors
/// is said to have to do with it.
void expect_nothing_found(Index names, Index predictors) {
  constexpr Index kRuns = 200, kMostFound = 16;
  Index found = 0;
  for (Index run = 0; run < kRuns; ++run) {
    const Scene scene{.names = names, .most_points = 3, .by_size = 0.0};
    std::vector<double> p;
    for (const RankAssociation& one :
         rank_associations(Trials(scene, static_cast<std::uint64_t>(run)).draw(predictors - 2)))
      p.push_back(one.p.value_or(1.0));
    const std::vector<double> holm = holm_adjusted(p);
    found += *std::min_element(holm.begin(), holm.end()) < 0.05 ? 1 : 0;
  }
  fmt::print("{} names, {} predictors that know nothing: something found in {} of {} runs\n", names,
             predictors, found, kRuns);
  EXPECT_LE(found, kMostFound);
}

TEST(RankErrors, NothingIsFoundInChance) { expect_nothing_found(20, 6); }
TEST(SlowRankErrors, NothingIsFoundInChance) {
  for (const Index names : {8, 12, 20, 40}) expect_nothing_found(names, 20);
}

}  // namespace
}  // namespace nf
