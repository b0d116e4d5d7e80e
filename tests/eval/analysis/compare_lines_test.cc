#include "eval/analysis/compare_lines.h"

#include <gtest/gtest.h>

#include "eval/tables/compare_footnotes.h"
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
  EXPECT_EQ(comparison_footnotes(comparison),
            std::vector<std::string>{"Seeds are apart, fewer than two in common, so those of both "
                                     "trials add their error: b (3 seeds) against a (3 seeds)."});

  for (ResultRow& row : rows)
    if (row.key.name == "b") row.windows[0].sums.kl += 5.0;
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
  // One selector narrows, a variable that both name need not be equal. Labels do not repeat what a
  // selector says of all lines.
  EXPECT_EQ(labels(lines_of(rows, {"uniform:g=64", "root"})),
            (Texts{"root bits=3 | ", "root bits=4 | "}));
  EXPECT_EQ(labels(lines_of(rows, {"uniform:bits=4", "root"})),
            (Texts{"root bits=4 | g=64", "root bits=4 | g=128"}));
  EXPECT_EQ(labels(lines_of(rows, {"uniform:bits=4,g=64", "root:bits=8"})),
            (Texts{"root bits=8 | "}));
  // A trial with itself: a variable that either selector names need not be equal.
  EXPECT_EQ(labels(lines_of(rows, {"uniform:g=64", "uniform"})),
            (Texts{"uniform bits=3 g=128 | ", "uniform bits=4 g=128 | "}));
}

TEST(CompareLines, DoesNotMatchWhatASearchFound) {
  const std::vector<ResultRow> rows = {
      compared_baseline(8),
      compared_row("a", "a", window_figures(0.1, 8, 1), {{"bisect", 0.3}, {"role", "q_proj"}}),
      compared_row("b", "b", window_figures(0.1, 8, 2), {{"bisect", 0.4}, {"role", "q_proj"}})};
  EXPECT_EQ(labels(lines_of(rows, {"a", "b"})),
            std::vector<std::string>{"b bisect=0.4 role=q_proj | bisect=0.3"});
}

TEST(CompareLines, TakesSearchesSeedBySeed) {
  std::vector<ResultRow> rows = {compared_baseline(8)};
  for (const std::string name : {"a", "b"}) {
    for (std::uint64_t seed = 0; seed < 3; ++seed) {
      const double found = ((name == "a" ? 30.0 : 40.0) + static_cast<double>(seed)) / 100.0;
      rows.push_back(compared_row(name, name + std::to_string(seed),
                                  window_figures(0.1, 8, rows.size()), {{"bisect", found}}, seed));
      rows.back().key.search.emplace();
    }
  }
  using Texts = std::vector<std::string>;
  const TrialComparison comparison = comparison_of(rows, {"a", "b"});
  EXPECT_EQ(labels(comparison.models[0].lines),
            (Texts{"b bisect=0.4 | bisect=0.3", "b bisect=0.41 | bisect=0.31",
                   "b bisect=0.42 | bisect=0.32"}));
  EXPECT_EQ(labels(lines_of(rows, {"a:bisect=0.3", "b:bisect=0.42"})), Texts{"b bisect=0.42 | "});
  EXPECT_EQ(comparison_footnotes(comparison).back(),
            "b, a: a search brought KL to its target, so comparing that says nothing; the "
            "tolerances and their intervals are in searches.csv.");
}

TEST(CompareLines, LeavesOutWhatFailedOrIsNotThere) {
  ResultRow failed = compared_row("b", "b1", kText, {{"r", 2}}, 1);
  failed.status = Status::failed;
  failed.error = "not finite";
  ResultRow all_failed = compared_row("b", "b2", {}, {{"r", 3}});
  all_failed.status = Status::failed;
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
  const std::vector<std::string> first(comparison.remarks.begin(), comparison.remarks.begin() + 4);
  EXPECT_EQ(first, (std::vector<std::string>{"m: b r=5 (seed 0): not run yet",
                                             "m: b r=2 (seed 1): failed: not finite",
                                             "m: b r=3 (seed 0): failed: overflow",
                                             "m: b r=4 (seed 0): 8 of 16 windows have run"}));
}

TEST(CompareLines, TellsWhatIsUnfinishedOnce) {
  std::vector<ResultRow> rows = {compared_baseline(16), compared_row("a", "a", kText)};
  for (int k = 0; k < 10; ++k)
    rows.push_back(
        compared_row("b", "b" + std::to_string(k), added(kText, 0.1, 0.02, 1), {{"k", k}}));
  ResultRow stopped = compared_row("s", "s", kText);
  stopped.key.stops = true;
  stopped.stop = StopState{.reached = true, .blocks = 16, .tokens = 1600};
  rows.push_back(stopped);
  const std::vector<RowKey> keys = keys_of(rows);
  std::vector<TrialSelector> selectors;
  for (const char* name : {"a", "b", "s"}) selectors.push_back(parse_trial_selector(name, keys));
  ModelIdentity identity;
  identity.model = "m";
  identity.windows = 57;
  const TrialComparison comparison = compare_trials(rows, keys, {}, selectors, {identity});
  EXPECT_EQ(comparison.models[0].windows, 57);
  EXPECT_EQ(comparison.remarks[0],
            "m: a (seed 0), b k=0 (seed 0), b k=1 (seed 0), b k=2 (seed 0), b k=3 (seed 0), b k=4 "
            "(seed 0), b k=5 (seed 0), b k=6 (seed 0), ... (11 rows): 16 of 57 windows have run");
  EXPECT_NE(comparison.remarks[1].find("no 95 % interval"), std::string::npos);
}

}  // namespace
}  // namespace nf
