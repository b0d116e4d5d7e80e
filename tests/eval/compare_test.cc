#include "eval/run/compare.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "eval/stats/block_bootstrap.h"
#include "eval/stats/confidence_sequence.h"
#include "tests/support/compare_support.h"
#include "tests/support/config_support.h"

namespace nf {
namespace {

const std::vector<double> kText = window_figures(1.0, 16, 51);

const ComparedFigure& figure(const LineComparison& line, const std::string& name) {
  for (const ComparedFigure& figure : line.figures)
    if (figure.name == name) return figure;
  ADD_FAILURE() << "no figure " << name;
  return line.figures.front();
}

/// The comparisons of the only model.
std::vector<LineComparison> lines_of(const std::vector<ResultRow>& rows,
                                     const std::vector<std::string>& trials) {
  const TrialComparison comparison = comparison_of(rows, trials);
  EXPECT_EQ(comparison.models.size(), 1u);
  return comparison.models.front().lines;
}

/// "trial against rest" of all.
std::vector<std::string> labels(const std::vector<LineComparison>& lines) {
  std::vector<std::string> labels;
  for (const LineComparison& line : lines)
    labels.push_back(line.trial_label + " | " + line.against_rest);
  return labels;
}

TEST(Compare, FindsADifferenceThatIsThere) {
  const std::vector<ResultRow> rows = {compared_baseline(16), compared_row("a", "a", kText),
                                       compared_row("b", "b", added(kText, 0.1, 0.02, 1)),
                                       compared_row("c", "c", added(kText, 0.0, 0.02, 2)),
                                       compared_row("d", "d", added(kText, -0.1, 0.02, 3))};
  const std::vector<LineComparison> lines = lines_of(rows, {"a", "b", "c", "d"});
  ASSERT_EQ(lines.size(), 3u);
  for (const char* name : {"nll", "kl", "kl_reverse"}) {
    EXPECT_EQ(figure(lines[0], name).verdict, Verdict::worse) << name;
    EXPECT_EQ(figure(lines[1], name).verdict, Verdict::not_shown) << name;
    EXPECT_EQ(figure(lines[2], name).verdict, Verdict::better) << name;
  }
  const ComparedFigure& kl = figure(lines[0], "kl");
  EXPECT_NEAR(kl.difference.mean.mean, 0.1, 0.02);
  EXPECT_NEAR(figure(lines[0], "nll").difference.mean.mean, 0.5 * kl.difference.mean.mean, 1e-12);
  EXPECT_LT(kl.interval->low, 0.1);
  EXPECT_GT(kl.interval->high, 0.1);
  EXPECT_EQ(kl.difference.mean.tokens, 1600.0);
  EXPECT_EQ(figure(lines[0], "top1_agreement").note, "all 16 blocks are equal");
  EXPECT_EQ(figure(lines[0], "top1_agreement").verdict, Verdict::not_known);
}

TEST(Compare, HasTheIntervalsOfTheLibrary) {
  const std::vector<double> other = added(kText, 0.1, 0.02, 1);
  BlockSums blocks;
  for (std::size_t i = 0; i < kText.size(); ++i)
    blocks.push_back({.tokens = 100.0, .sum = 100.0 * (other[i] - kText[i])});
  const auto lines = lines_of(
      {compared_baseline(16), compared_row("a", "a", kText), compared_row("b", "b", other)},
      {"a", "b"});
  const ComparedFigure& kl = figure(lines[0], "kl");
  const Interval interval = *interval_of(estimate_mean({&blocks, 1}));
  const Interval bootstrap = *BlockBootstrap(16).interval(blocks);
  constexpr double kRounding = 1e-9;
  EXPECT_NEAR(kl.interval->low, interval.low, kRounding);
  EXPECT_NEAR(kl.interval->high, interval.high, kRounding);
  EXPECT_NEAR(kl.bootstrap->low, bootstrap.low, kRounding);
  EXPECT_NEAR(kl.bootstrap->high, bootstrap.high, kRounding);
}

TEST(Compare, OfATrialWithItselfIsNoDifference) {
  const std::vector<ResultRow> rows = {
      compared_baseline(16), compared_row("a", "a0", kText),
      compared_row("a", "a1", added(kText, 0.1, 0.1, 3), Json::object(), 1)};
  const auto lines = lines_of(rows, {"a", "a"});
  ASSERT_EQ(lines.size(), 1u);
  for (const ComparedFigure& compared : lines[0].figures) {
    EXPECT_EQ(compared.difference.mean.mean, 0.0);
    EXPECT_EQ(compared.verdict, Verdict::same);
    EXPECT_FALSE(compared.p);
    EXPECT_FALSE(compared.interval);
  }
}

TEST(Compare, AdjustsOverAllComparisonsOfAFigure) {
  std::vector<ResultRow> rows = {compared_baseline(16), compared_row("a", "a", kText)};
  std::vector<std::string> trials = {"a"};
  for (const std::string name : {"b", "c", "d", "e"}) {
    rows.push_back(compared_row(name, name, added(kText, 0.006, 0.01, name[0])));
    trials.push_back(name);
  }
  double alone = 0.0;
  for (const LineComparison& line : lines_of(rows, {"a", "b"})) {
    EXPECT_EQ(figure(line, "kl").p, figure(line, "kl").p_holm);
    alone = *figure(line, "kl").shown_from;
  }
  double least = 1.0, least_holm = 1.0;
  for (const LineComparison& line : lines_of(rows, trials)) {
    const ComparedFigure& kl = figure(line, "kl");
    EXPECT_GE(*kl.p_holm, *kl.p);
    EXPECT_EQ(kl.verdict == Verdict::worse, *kl.p_holm < 0.05);
    least = std::min(least, *kl.p);
    least_holm = std::min(least_holm, *kl.p_holm);
  }
  EXPECT_DOUBLE_EQ(least_holm, 4.0 * least);
  EXPECT_GT(*figure(lines_of(rows, trials)[0], "kl").shown_from, alone);
}

TEST(Compare, PairsSeedsThatBothHave) {
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

TEST(Compare, PairsWhatDrawsNothingWithEachSeed) {
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

TEST(Compare, AddsTheErrorsOfSeedsThatAreNotShared) {
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

TEST(Compare, MatchesThePointsOfSweeps) {
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

TEST(Compare, DoesNotMatchWhatASearchFound) {
  const std::vector<ResultRow> rows = {
      compared_baseline(8),
      compared_row("a", "a", window_figures(0.1, 8, 1), {{"bisect", 0.3}, {"role", "q_proj"}}),
      compared_row("b", "b", window_figures(0.1, 8, 2), {{"bisect", 0.4}, {"role", "q_proj"}})};
  EXPECT_EQ(labels(lines_of(rows, {"a", "b"})),
            std::vector<std::string>{"b bisect=0.4 role=q_proj | bisect=0.3"});
}

TEST(Compare, TakesTheWindowsThatBothHave) {
  std::vector<double> longer = added(kText, 0.0, 0.02, 5);
  ResultRow stopped = compared_row("stopped", "s", {kText.begin(), kText.begin() + 9});
  stopped.key.stops = true;
  stopped.stop = StopState{.reached = true, .blocks = 9, .tokens = 900};
  for (std::size_t i = 9; i < longer.size(); ++i) longer[i] += 100.0;  // nobody else saw these
  const TrialComparison comparison = comparison_of(
      {compared_baseline(16), stopped, compared_row("b", "b", longer)}, {"stopped", "b"});
  const LineComparison& line = comparison.models[0].lines[0];
  const ComparedFigure& kl = figure(line, "kl");
  EXPECT_EQ(kl.difference.mean.blocks, 9);
  EXPECT_EQ(kl.all_blocks, 16);
  EXPECT_LT(std::abs(kl.difference.mean.mean), 0.05);
  EXPECT_EQ(
      comparison.remarks,
      (std::vector<std::string>{"m: b against stopped: over 9 of 16 windows, those that both have",
                                "m: no 95 % interval of top1_agreement: all 9 blocks are equal"}));
  // A stop rule looked at KL, so its interval is that of the sequence.
  EXPECT_EQ(kl.note, "holds at every stage at once (asymptotic confidence sequence)");
  EXPECT_FALSE(kl.bootstrap);
  EXPECT_NEAR(kl.interval->high - kl.difference.mean.mean,
              kl_sequence_halfwidth(kl.difference.text), 1e-12);
  EXPECT_EQ(figure(line, "nll").note, "");
}

TEST(Compare, SaysWhyFewBlocksHaveNoInterval) {
  const TrialComparison comparison = comparison_of(
      {compared_baseline(3), compared_row("a", "a", {1, 2, 3}), compared_row("b", "b", {2, 3, 5})},
      {"a", "b"});
  const ComparedFigure& kl = figure(comparison.models[0].lines[0], "kl");
  EXPECT_NEAR(kl.difference.mean.mean, 4.0 / 3.0, 1e-12);
  EXPECT_FALSE(kl.interval);
  EXPECT_FALSE(kl.p_holm);
  EXPECT_EQ(kl.verdict, Verdict::not_known);
  EXPECT_EQ(comparison.remarks,
            std::vector<std::string>{"m: no 95 % interval of nll, kl, kl_reverse, top1_agreement: "
                                     "needs 8 blocks, has 3"});
}

TEST(Compare, LeavesOutWhatFailedOrIsNotThere) {
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

TEST(Compare, RefusesWhereNothingCompares) {
  const std::vector<ResultRow> rows = {compared_baseline(8),
                                       compared_row("a", "a", kText, {{"bits", 3}}),
                                       compared_row("b", "b", kText, {{"bits", 4}})};
  EXPECT_EQ(config_error_of([&] {
              comparison_of(rows, {"a", "b"});
            }),
            "there is nothing to compare; m: b bits=4: nothing of a to compare it with");
  EXPECT_EQ(config_error_of([&] {
              comparison_of({rows[1], compared_row("b", "b", kText, {{"bits", 3}})}, {"a", "b"});
            }),
            "there is nothing to compare; m: the baseline has not run yet");
}

TEST(Compare, TakesAccuraciesQuestionByQuestion) {
  std::vector<ResultRow> rows = {compared_baseline(0), compared_row("a", "a", {}),
                                 compared_row("b", "b", {})};
  for (Index question = 0; question < 40; ++question) {
    const bool correct[] = {true, question % 2 == 0, question % 4 > 0};
    for (std::size_t i = 0; i < rows.size(); ++i) {
      QuestionSums& sums = rows[i].questions.emplace_back();
      sums.task = "t";
      sums.question = question;
      sums.correct = correct[i];
    }
  }
  const TrialComparison comparison = comparison_of(rows, {"a", "b"}, {{.name = "t"}});
  const LineComparison& line = comparison.models[0].lines[0];
  ASSERT_EQ(line.figures.size(), 1u);
  EXPECT_EQ(line.figures[0].name, "t_acc");
  EXPECT_DOUBLE_EQ(line.figures[0].difference.mean.mean, 0.25);
  EXPECT_EQ(line.figures[0].difference.mean.blocks, 40);
  EXPECT_TRUE(line.figures[0].higher_is_better);
  EXPECT_EQ(line.figures[0].verdict,
            *line.figures[0].p < 0.05 ? Verdict::better : Verdict::not_shown);
}

TEST(Compare, KeepsModelsApart) {
  std::vector<ResultRow> rows;
  for (const std::string model : {"m", "n"}) {
    for (ResultRow row : {compared_baseline(16), compared_row("a", "a", kText),
                          compared_row("b", "b", added(kText, 0.1, 0.02, model[0]))}) {
      row.key.id += model;
      row.key.model = model;
      rows.push_back(row);
    }
  }
  const TrialComparison comparison = comparison_of(rows, {"a", "b"});
  ASSERT_EQ(comparison.models.size(), 2u);
  for (const ModelComparison& model : comparison.models)
    EXPECT_EQ(figure(model.lines[0], "kl").p, figure(model.lines[0], "kl").p_holm);
}

}  // namespace
}  // namespace nf
