#include "eval/analysis/tolerance.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "eval/stats/mean_estimate.h"
#include "tests/support/synthetic_kl.h"

namespace nf {
namespace {

/// For figures that follow from each other by a few exp and log.
constexpr double kRounding = 1e-9;
/// For nominal 95 %, as docs/statistics.md promises for the interval of the metric.
constexpr double kLeastCoverage = 0.93;
constexpr int kRuns = 2000;

RowKey search_key(const BisectConfig& config, bool stops = false) {
  return {.id = {},
          .name = "s",
          .model = "opt",
          .seed = 0,
          .vars = Json::object(),
          .design = {},
          .stops = stops,
          .search = SearchKey{.id = "s", .config = config, .steps = {}}};
}

ResultRow row_of(const RowKey& key, const BlockSums& blocks, double scale) {
  ResultRow row{.key = key};
  for (std::size_t b = 0; b < blocks.size(); ++b)
    row.windows.push_back({.window = static_cast<Index>(b),
                           .sums = {.tokens = static_cast<Index>(blocks[b].tokens),
                                    .nll = scale * blocks[b].sum,
                                    .kl = scale * blocks[b].sum}});
  row.text = add_up(row.windows);
  return row;
}

/// Searches where the metric at a value is that of `blocks` times scale(value).
FollowedSearch search(const BisectConfig& config, const BlockSums& blocks,
                      const std::function<double(double)>& scale, bool stops = false) {
  FollowedSearch search{.key = search_key(config, stops), .bisection = Bisection(config)};
  while (const auto value = search.bisection.next()) {
    RowKey key = search.key;
    key.vars["bisect"] = *value;
    search.steps.push_back(row_of(key, blocks, scale(*value)));
    const PartSums& sums = search.steps.back().text.sums;
    search.bisection.add(*value, sums.kl / static_cast<double>(sums.tokens));
  }
  return search;
}

ResultRow baseline(const BlockSums& blocks) {
  return row_of({.id = "b", .name = "baseline", .model = "opt"}, blocks, 0.0);
}

/// Ten blocks of mean 1 that differ.
BlockSums ten_blocks() {
  BlockSums blocks;
  for (int b = 0; b < 10; ++b) blocks.push_back({.tokens = 100.0, .sum = 91.0 + 2.0 * b});
  return blocks;
}

BisectConfig config(double target, double rel_tolerance = 0.05) {
  return {.range = {0.01, 10.0},
          .target = {BisectMetric::kl, target},
          .rel_tolerance = rel_tolerance,
          .max_steps = 12};
}

TEST(Tolerance, IsWhereAPowerLawMeetsTheTarget) {
  const BlockSums blocks = ten_blocks();
  for (const double power : {1.5, 2.0, -3.0}) {
    const FollowedSearch found =
        search(config(0.5), blocks, [power](double v) { return std::pow(v, power); });
    ASSERT_EQ(found.bisection.state(), Bisection::State::converged) << power;
    ASSERT_GT(found.steps.size(), 1u);
    const Tolerance tolerance = tolerance_of(found, nullptr);
    const double exact = std::pow(0.5, 1.0 / power);
    EXPECT_NEAR(*tolerance.estimate, exact, kRounding) << power;
    EXPECT_FALSE(tolerance.low || tolerance.high);
    EXPECT_EQ(tolerance.note, "no text in common with the baseline");

    // The interval of the mean, ± half of it, through the same power.
    const ResultRow zero = baseline(blocks);
    const Tolerance known = tolerance_of(found, &zero);
    EXPECT_EQ(known.note, "");
    const BlockSums one_seed[] = {blocks};
    const Interval mean = *interval_of(estimate_mean(one_seed));
    const double at_low = exact * std::pow(mean.low, -1.0 / power);
    const double at_high = exact * std::pow(mean.high, -1.0 / power);
    EXPECT_NEAR(*known.low, std::min(at_low, at_high), kRounding) << power;
    EXPECT_NEAR(*known.high, std::max(at_low, at_high), kRounding) << power;
  }
}

TEST(Tolerance, TakesOneStepForAsMuchAsTheSearchDoes) {
  const BlockSums blocks = ten_blocks();
  const ResultRow zero = baseline(blocks);
  const double middle = std::sqrt(0.01 * 10.0);
  const FollowedSearch one = search(config(0.1), blocks, [](double v) { return 1.03 * v * v; });
  ASSERT_EQ(one.steps.size(), 1u);
  const Tolerance tolerance = tolerance_of(one, &zero);
  EXPECT_EQ(tolerance.note, "one step: metric taken to grow as value^2");
  EXPECT_NEAR(*tolerance.estimate, middle / std::sqrt(1.03), 1e-6);  // steps have seven digits
  EXPECT_LT(*tolerance.low, *tolerance.estimate);
  EXPECT_GT(*tolerance.high, *tolerance.estimate);
}

TEST(Tolerance, SaysWhyThereIsNone) {
  const BlockSums blocks = ten_blocks();
  const ResultRow zero = baseline(blocks);
  const auto square = [](double v) { return v * v; };
  const Tolerance above = tolerance_of(search(config(500.0), blocks, square), &zero);
  EXPECT_FALSE(above.estimate || above.low || above.high);
  EXPECT_EQ(above.note, "the target lies above the range");
  EXPECT_EQ(tolerance_of(search(config(1e-9), blocks, square), &zero).note,
            "the target lies below the range");

  const BlockSums few(blocks.begin(), blocks.begin() + 7);
  const ResultRow few_zero = baseline(few);
  const Tolerance small = tolerance_of(search(config(0.5), few, square), &few_zero);
  EXPECT_TRUE(small.estimate);
  EXPECT_FALSE(small.low || small.high);
  EXPECT_EQ(small.note, "needs 8 blocks, has 7");
}

TEST(Tolerance, IsOpenWhereTheMetricMayBeZero) {
  BlockSums blocks = ten_blocks();
  blocks.front().sum = -2000.0;
  blocks.back().sum = 2900.0;
  BisectConfig of_nll = config(0.5);
  of_nll.target.metric = BisectMetric::delta_nll;
  const ResultRow zero = baseline(blocks);
  const Tolerance open =
      tolerance_of(search(of_nll, blocks, [](double v) { return v * v; }), &zero);
  EXPECT_TRUE(open.estimate && open.low);
  EXPECT_FALSE(open.high);
  EXPECT_EQ(open.note, "the metric cannot be told from 0");
}

TEST(Tolerance, IsWiderUnderAStopRule) {
  const BlockSums blocks = ten_blocks();
  const ResultRow zero = baseline(blocks);
  const auto square = [](double v) { return v * v; };
  const Tolerance fixed = tolerance_of(search(config(0.5), blocks, square), &zero);
  const Tolerance stops = tolerance_of(search(config(0.5), blocks, square, true), &zero);
  EXPECT_LT(*stops.low, *fixed.low);
  EXPECT_GT(*stops.high, *fixed.high);
  EXPECT_NE(stops.note.find("confidence sequence"), std::string::npos);
}

TEST(Tolerance, CoversTheValueOfEndlessText) {
  SyntheticKl source(1.5, 0.3, 7);
  int covered = 0;
  for (int run = 0; run < kRuns; ++run) {
    const BlockSums blocks = source.blocks(16);
    const ResultRow zero = baseline(blocks);
    const FollowedSearch found = search(config(0.3), blocks, [](double v) { return v * v; });
    const Tolerance tolerance = tolerance_of(found, &zero);
    ASSERT_TRUE(tolerance.low && tolerance.high) << tolerance.note;
    const double truth = std::sqrt(0.3);
    covered += *tolerance.low <= truth && truth <= *tolerance.high ? 1 : 0;
  }
  RecordProperty("covered", covered);
  EXPECT_GE(covered, kLeastCoverage * kRuns);
}

/// The share of runs in which the pooled interval of `count` seeds, whose true log values have that
/// standard deviation, holds the mean of endless seeds over endless text.
double pooled_coverage(int count, double sd_seed) {
  SyntheticKl source(1.5, 0.3, 8);
  int covered = 0;
  for (int run = 0; run < kRuns; ++run) {
    const BlockSums blocks = source.blocks(16);
    const ResultRow zero = baseline(blocks);
    std::vector<FollowedSearch> searches;
    for (int s = 0; s < count; ++s) {
      BlockSums own =
          blocks;  // each seed sees the same text, and a little of its own in each block
      for (BlockSum& block : own) block.sum *= 1.0 + 0.05 * source.normal();
      const double factor = std::exp(-2.0 * sd_seed * source.normal());
      searches.push_back(search(config(0.3), own, [factor](double v) { return factor * v * v; }));
    }
    std::vector<const FollowedSearch*> seeds;
    for (const FollowedSearch& one : searches) seeds.push_back(&one);
    const Tolerance tolerance = pooled_tolerance(seeds, &zero);
    EXPECT_EQ(tolerance.seeds, count);
    if (!tolerance.low || !tolerance.high) continue;
    const double truth = std::sqrt(0.3);
    covered += *tolerance.low <= truth && truth <= *tolerance.high ? 1 : 0;
  }
  return static_cast<double>(covered) / kRuns;
}

TEST(Tolerance, PoolsSeedsAndText) {
  for (const int count : {2, 3, 5})
    for (const double sd : {0.0, 0.05, 0.3}) {
      const double coverage = pooled_coverage(count, sd);
      RecordProperty("covered_" + std::to_string(count) + "_" + std::to_string(sd),
                     std::to_string(coverage));
      EXPECT_GE(coverage, kLeastCoverage) << count << " seeds, sd " << sd;
    }
}

TEST(Tolerance, OfSeedsNeedsAllOfThem) {
  const BlockSums blocks = ten_blocks();
  const ResultRow zero = baseline(blocks);
  const auto square = [](double v) { return v * v; };
  const FollowedSearch one = search(config(0.5), blocks, square);
  const FollowedSearch two = search(config(0.5), blocks, [](double v) { return 1.2 * v * v; });
  const FollowedSearch never = search(config(0.5), blocks, [](double) { return 9.0; });
  const Tolerance pooled = pooled_tolerance({&one, &two}, &zero);
  EXPECT_NEAR(*pooled.estimate, std::sqrt(0.5) / std::pow(1.2, 0.25), kRounding);
  // With one degree of freedom t is 12.7, and these two differ by 9 %.
  const double half = std::log(1.2) / 4.0 * 12.706;
  EXPECT_LT(*pooled.low, *pooled.estimate * std::exp(-half));
  EXPECT_GT(*pooled.high, *pooled.estimate * std::exp(half));
  const Tolerance some = pooled_tolerance({&one, &never}, &zero);
  EXPECT_FALSE(some.estimate || some.low || some.high);
  EXPECT_EQ(some.note, "only 1 of 2 seeds have an estimate");
}

}  // namespace
}  // namespace nf
