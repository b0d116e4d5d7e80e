#include "eval/run/compare_lines.h"

#include <gtest/gtest.h>

#include "tests/support/compare_support.h"

namespace nf {
namespace {

const std::vector<double> kText = window_figures(1.0, 16, 51);

/// "trial against rest" of all.
std::vector<std::string> labels(const std::vector<LineComparison>& lines) {
  std::vector<std::string> labels;
  for (const LineComparison& line : lines)
    labels.push_back(line.trial_label + " | " + line.against_rest);
  return labels;
}

TEST(CompareLines, PairsSeedsThatBothHave) {
  std::vector<ResultRow> rows = {compared_baseline(16)};
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    const std::vector<double> draw = added(kText, static_cast<double>(seed), 0.0, 1);
    rows.push_back(compared_row("a", "a" + std::to_string(seed), draw, Json::object(), seed));
    if (seed > 0)
      rows.push_back(compared_row("b", "b" + std::to_string(seed), added(draw, 0.1, 0.02, seed),
                                  Json::object(), seed));
  }
  const auto lines = lines_of(rows, {"a", "b"});
  EXPECT_EQ(lines[0].pairing, SeedPairing::paired);
  EXPECT_EQ(lines[0].against_seeds, 3);
  EXPECT_EQ(lines[0].trial_seeds, 3);
  const ComparedFigure& kl = figure(lines[0], "kl");
  EXPECT_NEAR(kl.difference.mean.mean, 0.1, 0.02);
  EXPECT_LT(kl.interval->high - kl.interval->low, 0.2);  // seeds that are 1 apart drop out
  EXPECT_EQ(kl.verdict, Verdict::worse);
}

TEST(CompareLines, PairsWhatDrawsNothingWithEachSeed) {
  std::vector<ResultRow> rows = {compared_baseline(16)};
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    rows.push_back(compared_row("rounding", "r", kText, Json::object(), seed));
    rows.push_back(compared_row("noise", "n" + std::to_string(seed),
                                added(kText, static_cast<double>(seed), 0.02, seed), Json::object(),
                                seed));
  }
  const auto lines = lines_of(rows, {"rounding", "noise"});
  EXPECT_EQ(lines[0].pairing, SeedPairing::each);
  EXPECT_EQ(lines[0].against_seeds, 1);
  EXPECT_EQ(lines[0].trial_seeds, 3);
  const ComparedFigure& kl = figure(lines[0], "kl");
  EXPECT_NEAR(kl.difference.mean.mean, 1.0, 0.02);
  EXPECT_GT(kl.interval->high, 2.0);  // three seeds that are 1 apart
  EXPECT_EQ(kl.verdict, Verdict::not_shown);
}

TEST(CompareLines, AddsTheErrorsOfSeedsThatAreNotShared) {
  std::vector<ResultRow> rows = {compared_baseline(16)};
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    const std::vector<double> draw = added(kText, static_cast<double>(seed), 0.02, seed);
    rows.push_back(compared_row("a", "a" + std::to_string(seed), draw, Json::object(), seed));
    rows.push_back(compared_row("b", "b" + std::to_string(seed), draw, Json::object(), seed + 10));
  }
  const TrialComparison comparison = comparison_of(rows, {"a", "b"});
  const LineComparison& line = comparison.models[0].lines[0];
  EXPECT_EQ(line.pairing, SeedPairing::apart);
  const ComparedFigure& kl = figure(line, "kl");
  EXPECT_EQ(kl.difference.mean.mean, 0.0);
  EXPECT_EQ(kl.verdict, Verdict::not_known);  // all blocks are equal, so nothing is known of text
  ASSERT_EQ(comparison.remarks.size(), 2u);
  EXPECT_EQ(comparison.remarks[0],
            "m: b (3 seeds) against a (3 seeds): fewer than two seeds in common, so the seeds of "
            "each add their error");

  for (ResultRow& row : rows)
    if (row.key.name == "b") row.windows[0].kl += 5.0;
  const auto lines = lines_of(rows, {"a", "b"});
  EXPECT_GT(figure(lines[0], "kl").interval->high, 3.0);
}

TEST(CompareLines, MatchesThePointsOfSweeps) {
  std::vector<ResultRow> rows = {compared_baseline(8)};
  for (const int bits : {3, 4, 8}) {
    for (const int g : {64, 128})
      if (bits < 8)
        rows.push_back(compared_row("uniform", std::to_string(rows.size()),
                                    window_figures(0.1, 8, rows.size()),
                                    {{"bits", bits}, {"g", g}}));
    rows.push_back(compared_row("root", std::to_string(rows.size()),
                                window_figures(0.1, 8, rows.size()), {{"bits", bits}}));
  }
  using Texts = std::vector<std::string>;
  EXPECT_EQ(labels(lines_of(rows, {"root", "uniform"})),
            (Texts{"uniform bits=3 g=64 | ", "uniform bits=3 g=128 | ", "uniform bits=4 g=64 | ",
                   "uniform bits=4 g=128 | "}));
  EXPECT_EQ(labels(lines_of(rows, {"uniform", "root"})),
            (Texts{"root bits=3 | g=64", "root bits=3 | g=128", "root bits=4 | g=64",
                   "root bits=4 | g=128"}));
  EXPECT_EQ(comparison_of(rows, {"uniform", "root"}).remarks[0],
            "m: root bits=8: nothing of uniform to compare it with");
  // One selector narrows, a variable that both name need not be equal.
  EXPECT_EQ(labels(lines_of(rows, {"uniform:g=64", "root"})),
            (Texts{"root bits=3 | g=64", "root bits=4 | g=64"}));
  EXPECT_EQ(labels(lines_of(rows, {"uniform:bits=4", "root"})),
            (Texts{"root bits=4 | g=64", "root bits=4 | g=128"}));
  EXPECT_EQ(labels(lines_of(rows, {"uniform:bits=4,g=64", "root:bits=8"})),
            (Texts{"root bits=8 | bits=4 g=64"}));
  // Of one trial with itself, what either names.
  EXPECT_EQ(labels(lines_of(rows, {"uniform:g=64", "uniform"})),
            (Texts{"uniform bits=3 g=128 | g=64", "uniform bits=4 g=128 | g=64"}));
}

TEST(CompareLines, DoesNotMatchWhatASearchFound) {
  const std::vector<ResultRow> rows = {
      compared_baseline(8),
      compared_row("a", "a", window_figures(0.1, 8, 1), {{"bisect", 0.3}, {"role", "q_proj"}}),
      compared_row("b", "b", window_figures(0.1, 8, 2), {{"bisect", 0.4}, {"role", "q_proj"}})};
  EXPECT_EQ(labels(lines_of(rows, {"a", "b"})),
            std::vector<std::string>{"b bisect=0.4 role=q_proj | bisect=0.3"});
}

TEST(CompareLines, LeavesOutWhatFailedOrIsNotThere) {
  ResultRow failed = compared_row("b", "b1", kText, {{"r", 2}}, 1);
  failed.status = "failed";
  failed.error = "not finite";
  ResultRow all_failed = compared_row("b", "b2", {}, {{"r", 3}});
  all_failed.status = "failed";
  all_failed.error = "overflow";
  ResultRow half = compared_row("b", "b3", {kText.begin(), kText.begin() + 8}, {{"r", 4}});
  std::vector<ResultRow> rows = {compared_baseline(16),
                                 compared_row("a", "a", kText),
                                 compared_row("b", "b0", added(kText, 0.1, 0.02, 1), {{"r", 2}}),
                                 failed,
                                 all_failed,
                                 half};
  std::vector<RowKey> keys = keys_of(rows);
  keys.push_back({.id = "b4", .name = "b", .model = "m", .seed = 0, .vars = {{"r", 5}}});
  const TrialComparison comparison = compare_trials(
      rows, keys, {}, {parse_trial_selector("a", keys), parse_trial_selector("b", keys)});
  EXPECT_EQ(labels(comparison.models[0].lines),
            (std::vector<std::string>{"b r=2 (1 of 2 seeds) | ", "b r=4 | "}));
  const std::vector<std::string> first(comparison.remarks.begin(), comparison.remarks.begin() + 5);
  EXPECT_EQ(
      first,
      (std::vector<std::string>{
          "m: b r=5 (seed 0): has not run yet", "m: b r=2 (seed 1): failed: not finite",
          "m: b r=3 (seed 0): failed: overflow", "m: b r=4 (seed 0): unfinished, 8 of 16 windows",
          "m: b r=4 against a: over 8 of 16 windows, those that both have"}));
}

}  // namespace
}  // namespace nf
