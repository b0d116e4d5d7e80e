#include "eval/analysis/compare.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "eval/metrics/summed_figures.h"
#include "eval/stats/block_bootstrap.h"
#include "eval/stats/confidence_sequence.h"
#include "tests/support/compare_support.h"
#include "tests/support/config_support.h"

namespace nf {
namespace {

const std::vector<double> kText = window_figures(1.0, 16, 51);

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
  EXPECT_EQ(line.text.windows, 9);
  EXPECT_EQ(line.text.sums.tokens, 900);
  EXPECT_EQ(comparison.models[0].windows, 16);
  EXPECT_EQ(comparison.remarks, std::vector<std::string>{"m: no 95 % interval of top1_agreement: "
                                                         "all 9 blocks are equal"});
  // A stop rule looked at KL, so its interval is that of the sequence.
  EXPECT_EQ(kl.note, "holds at every stage at once (asymptotic confidence sequence)");
  EXPECT_FALSE(kl.bootstrap);
  EXPECT_NEAR(kl.interval->high - kl.difference.mean.mean,
              kl_sequence_halfwidth(kl.difference.text), 1e-12);
  EXPECT_EQ(figure(line, "kl_reverse").note, kl.note);  // nearly the same figure
  EXPECT_FALSE(figure(line, "kl_reverse").bootstrap);
  EXPECT_EQ(figure(line, "nll").note, "");
}

TEST(Compare, SaysWhatWasCalibratedOnEvaluatedText) {
  std::vector<ResultRow> rows = {
      compared_baseline(3), compared_row("a", "a", {1, 2, 3}), compared_row("b", "b", {2, 3, 5}),
      compared_row("c", "c", {2, 3, 6}), compared_row("other", "other", {2, 3, 7})};
  for (ResultRow& row : rows)
    if (row.key.name == "a" || row.key.name == "other") row.key.calibration_overlap = 512;
  const auto remarks = comparison_of(rows, {"a", "b", "c"}).remarks;
  // Those that are compared, each once.
  EXPECT_EQ(std::count(remarks.begin(), remarks.end(),
                       "m: made from calibration text that is evaluated, too (up to 512 tokens of "
                       "it), so that it looks better than it is: a"),
            1);
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
  EXPECT_FALSE(line.figures[0].rough);
  EXPECT_EQ(line.figures[0].note, "");
}

TEST(Compare, SaysWhereFewQuestionsDiffer) {
  std::vector<ResultRow> rows = {compared_baseline(0), compared_row("a", "a", {}),
                                 compared_row("b", "b", {})};
  for (Index question = 0; question < 40; ++question) {
    for (ResultRow& row : rows) {
      QuestionSums& sums = row.questions.emplace_back();
      sums.task = "t";
      sums.question = question;
      // Half of them have got worse in both trials: that is no difference between the two.
      sums.correct = row.key.name == "baseline" || question % 2 == 0;
      if (row.key.name == "b" && question < 6) sums.correct = false;
    }
  }
  const TrialComparison comparison = comparison_of(rows, {"a", "b"}, {{.name = "t"}});
  EXPECT_EQ(comparison.models[0].lines[0].figures[0].note,
            "only 3 of 40 blocks differ: a rough interval");
  EXPECT_EQ(
      comparison.remarks,
      std::vector<std::string>{
          "m: the interval of t_acc is rough in 1 comparison: fewer than 8 questions differ"});
}

TEST(Compare, OfEqualBitsIsNoDifference) {
  std::vector<ResultRow> rows = {compared_baseline(16), compared_row("a", "a", kText),
                                 compared_row("b", "b", kText)};
  const std::vector<LineComparison> equal = lines_of(rows, {"a", "b"});
  for (const ComparedFigure& compared : equal[0].figures) {
    EXPECT_EQ(compared.difference.mean.mean, 0.0);
    EXPECT_EQ(compared.verdict, Verdict::same);
    EXPECT_EQ(compared.note, "equal bit for bit");
  }
  rows[2].windows[3].sums.kl_reverse += 1e-12;
  EXPECT_EQ(figure(lines_of(rows, {"a", "b"})[0], "nll").verdict, Verdict::not_known);
  for (std::size_t i = 0; i < 16; ++i) {  // everywhere as much, without rounding
    rows[1].windows[i].sums.kl = static_cast<double>(i);
    rows[2].windows[i].sums.kl = static_cast<double>(i) + 64.0;
  }
  const std::vector<LineComparison> lines = lines_of(rows, {"a", "b"});
  const ComparedFigure& constant = figure(lines[0], "kl");
  EXPECT_EQ(constant.verdict, Verdict::not_known);
  EXPECT_FALSE(constant.interval);
  EXPECT_EQ(constant.note, "all 16 blocks are equal");
}

TEST(Compare, OfEqualBitsLooksAtEverySumOfEachChoice) {
  std::vector<ResultRow> rows = {compared_baseline(16), compared_row("a", "a", kText),
                                 compared_row("b", "b", kText)};
  for (ResultRow& row : rows)
    row.questions = {{.task = "t", .question = 0, .parts = {{.tokens = 2}, {.tokens = 3}}}};
  const auto verdict = [&rows] { return figure(lines_of(rows, {"a", "b"})[0], "kl").verdict; };
  EXPECT_EQ(verdict(), Verdict::same);
  for (const SummedFigure& changed : summed_figures()) {
    PartSums& part = rows[2].questions[0].parts[1];
    changed.set(1.0, part);
    EXPECT_NE(verdict(), Verdict::same) << changed.name;
    changed.set(0.0, part);
  }
  EXPECT_EQ(verdict(), Verdict::same);
}

TEST(Compare, OfEqualBitsLooksAtEverySumOfEachWindow) {
  std::vector<ResultRow> rows = {compared_baseline(16), compared_row("a", "a", kText),
                                 compared_row("b", "b", kText)};
  for (const SummedFigure& changed : window_figures()) {
    const PartSums before = rows[2].windows[3].sums;
    changed.set(changed.sum_of(before) + 1.0, rows[2].windows[3].sums);
    EXPECT_NE(figure(lines_of(rows, {"a", "b"})[0], "kl").verdict, Verdict::same) << changed.name;
    rows[2].windows[3].sums = before;
  }
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
