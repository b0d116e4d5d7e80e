#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>

#include "eval/stats/confidence_sequence.h"
#include "eval/stats/distributions.h"
#include "eval/stats/mean_estimate.h"
#include "tests/support/synthetic_kl.h"

// The plainer methods that the statistics do without, and how often they hold the truth where ours
// hold it in 93 % or more (interval_coverage_test.cc). The figures stand in docs/statistics.md.

namespace nf {
namespace {

constexpr Index kRuns = 2000;
/// The coverage that ours reach: a plainer method that did too would be the better one.
constexpr double kWanted = 0.93;

double share(Index count) { return static_cast<double>(count) / static_cast<double>(kRuns); }
double normal_below(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }

/// The interval [low, high] shares of resampled means, out of a fixed table of draws.
class PlainBootstrap {
 public:
  explicit PlainBootstrap(Index blocks) {
    std::mt19937_64 random(1);
    std::uniform_int_distribution<std::size_t> draw(0, static_cast<std::size_t>(blocks) - 1);
    for (std::vector<std::size_t>& replicate : draws_) {
      replicate.resize(static_cast<std::size_t>(blocks));
      for (std::size_t& index : replicate) index = draw(random);
    }
  }

  std::vector<double> sorted_means(const BlockSums& blocks) const {
    std::vector<double> means;
    for (const std::vector<std::size_t>& replicate : draws_) {
      double tokens = 0.0, sum = 0.0;
      for (const std::size_t index : replicate) {
        tokens += blocks[index].tokens;
        sum += blocks[index].sum;
      }
      means.push_back(sum / tokens);
    }
    std::sort(means.begin(), means.end());
    return means;
  }

 private:
  std::vector<std::vector<std::size_t>> draws_ = std::vector<std::vector<std::size_t>>(1000);
};

bool between(const std::vector<double>& sorted, double low, double high) {
  const auto at = [&sorted](double part) {
    const double last = static_cast<double>(sorted.size()) - 1.0;
    return sorted[static_cast<std::size_t>(std::clamp(part * last, 0.0, last))];
  };
  return at(low) <= 1.0 && 1.0 <= at(high);
}

/// Efron and Tibshirani 1993, section 14.3; the acceleration from the linearised residuals.
bool bca_holds(const std::vector<double>& sorted, const MeanEstimate& estimate) {
  const auto below = std::lower_bound(sorted.begin(), sorted.end(), estimate.mean);
  const double share_below =
      (static_cast<double>(below - sorted.begin()) + 0.5) / static_cast<double>(sorted.size() + 1);
  const double bias = -normal_quantile(share_below);
  const double acceleration = estimate.skewness / 6.0;
  const auto level = [&](double z) {
    return normal_below(bias + (bias + z) / (1.0 - acceleration * (bias + z)));
  };
  const double z = normal_quantile(0.025);
  return between(sorted, level(-z), level(z));
}

TEST(IntervalAlternatives, CoverLessOfSkewedBlocks) {
  constexpr Index kBlocks = 16;
  SyntheticKl kl(1.5, 0.6, 1);
  const PlainBootstrap bootstrap(kBlocks);
  Index student = 0, percentile = 0, bca = 0;
  for (Index run = 0; run < kRuns; ++run) {
    const BlockSums sample = kl.blocks(kBlocks);
    const MeanEstimate estimate = estimate_mean({&sample, 1});
    const std::vector<double> means = bootstrap.sorted_means(sample);
    const double half = t_quantile(0.025, kBlocks - 1.0) * estimate.se_text;
    student += std::abs(estimate.mean - 1.0) <= half ? 1 : 0;
    percentile += between(means, 0.025, 0.975) ? 1 : 0;
    bca += bca_holds(means, estimate) ? 1 : 0;
  }
  fmt::print("tokens 1.5 blocks 0.6: 16 blocks: t {:.3f} percentile {:.3f} BCa {:.3f}\n",
             share(student), share(percentile), share(bca));
  EXPECT_LT(share(student), kWanted);
  EXPECT_LT(share(percentile), share(student));
  EXPECT_LT(share(bca), share(student));
}

/// Satterthwaite's degrees of freedom of MS_seed + MS_block - MS_rest, at most blocks - 1.
double satterthwaite(const MeanEstimate& estimate, double rest) {
  const double size = static_cast<double>(estimate.seeds * estimate.blocks);
  const double seed_degrees = static_cast<double>(estimate.seeds - 1);
  const double block_degrees = static_cast<double>(estimate.blocks - 1);
  const double text = estimate.se_text * estimate.se_text * size;
  const double seed = estimate.se_seed * estimate.se_seed * size;
  const double squares = (seed + rest) * (seed + rest) / seed_degrees +
                         text * text / block_degrees + rest * rest / (seed_degrees * block_degrees);
  return std::min(block_degrees, (text + seed) * (text + seed) / squares);
}

TEST(IntervalAlternatives, CoverLessOfTwoSeeds) {
  constexpr Index kBlocks = 64;
  constexpr double kSeed = 0.5, kRest = 0.5;
  SyntheticKl random(0.0, 0.0, 3);
  Index covered = 0;
  for (Index run = 0; run < kRuns; ++run) {
    std::vector<double> text;
    for (Index b = 0; b < kBlocks; ++b) text.push_back(random.normal());
    std::vector<BlockSums> sample(2);
    for (BlockSums& row : sample) {
      const double effect = kSeed * random.normal();
      for (const double block : text)
        row.push_back({.tokens = 1.0, .sum = effect + block + kRest * random.normal()});
    }
    const MeanEstimate estimate = estimate_mean(sample);
    const double degrees = satterthwaite(estimate, kRest * kRest);
    const double half = t_quantile(0.025, degrees) * std::hypot(estimate.se_text, estimate.se_seed);
    covered += std::abs(estimate.mean) <= half ? 1 : 0;
  }
  fmt::print("2 seeds of sd 0.5: 64 blocks: Satterthwaite {:.3f}\n", share(covered));
  EXPECT_LT(share(covered), kWanted);
}

/// The sequence as the paper has it, without what few skewed blocks need.
TEST(IntervalAlternatives, CoverLessUnderMonitoring) {
  constexpr Index kMostBlocks = 200;
  SyntheticKl kl(1.5, 0.6, 2);
  Index always = 0;
  for (Index run = 0; run < kRuns; ++run) {
    const BlockSums sample = kl.blocks(kMostBlocks);
    bool held = true;
    for (Index n = kFewestBlocks; n <= kMostBlocks && held; ++n) {
      const BlockSums seen(sample.begin(), sample.begin() + n);
      const MeanEstimate estimate = estimate_mean({&seen, 1});
      const double widened = t_quantile(0.001, static_cast<double>(n - 1)) /
                             normal_quantile(0.001) * (1.0 + std::abs(estimate.skewness));
      held = std::abs(estimate.mean - 1.0) <= kl_sequence_halfwidth(seen) / widened;
    }
    always += held ? 1 : 0;
  }
  fmt::print("tokens 1.5 blocks 0.6: sequence without widening {:.3f}\n", share(always));
  EXPECT_LT(share(always), kWanted);
}

}  // namespace
}  // namespace nf
