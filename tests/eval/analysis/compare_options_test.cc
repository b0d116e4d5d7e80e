#include "eval/analysis/compare_options.h"

#include <gtest/gtest.h>

#include "tests/support/compare_support.h"
#include "tests/support/config_support.h"

namespace nf {
namespace {

const std::vector<double> kText = window_figures(1.0, 16, 51);

/// a, and b to d with KLs of 1.1, 1.3 and 1.2.
TrialComparison compared(const CompareOptions& options, const std::vector<std::string>& names) {
  std::vector<ResultRow> rows = {compared_baseline(16), compared_row("a", "a", kText)};
  rows.push_back(compared_row("b", "b", added(kText, 0.1, 0.01, 1)));
  rows.push_back(compared_row("c", "c", added(kText, 0.3, 0.01, 2)));
  rows.push_back(compared_row("d", "d", added(kText, 0.2, 0.01, 3)));
  const std::vector<RowKey> keys = keys_of(rows);
  std::vector<TrialSelector> selectors;
  for (const std::string& name : names) selectors.push_back(parse_trial_selector(name, keys));
  return compare_trials(rows, keys, {}, selectors, {}, options);
}

std::vector<std::string> order(const CompareOptions& options) {
  std::vector<std::string> labels;
  for (const LineComparison& line : compared(options, {"a", "b", "c", "d"}).models[0].lines)
    labels.push_back(line.trial_label);
  return labels;
}

TEST(CompareOptions, TakeTheFiguresThatAreNamed) {
  const TrialComparison comparison = compared({.figures = {"kl", "nll"}}, {"a", "b"});
  const std::vector<ComparedFigure>& figures = comparison.models[0].lines[0].figures;
  ASSERT_EQ(figures.size(), 2u);
  EXPECT_EQ(figures[0].name, "kl");
  EXPECT_EQ(figures[1].name, "nll");
  EXPECT_EQ(compared({.ratio = true}, {"a", "b"}).models[0].lines[0].figures.size(), 1u);
}

TEST(CompareOptions, SortTheBestFirst) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(order({}), (Names{"b", "c", "d"}));
  EXPECT_EQ(order({.sort = {"difference"}}), (Names{"b", "d", "c"}));
  EXPECT_EQ(order({.sort = {"-kl"}}), (Names{"c", "d", "b"}));
  EXPECT_EQ(order({.ratio = true, .sort = {"ratio"}}), (Names{"b", "d", "c"}));
  EXPECT_EQ(order({.sort = {"-name"}}), (Names{"d", "c", "b"}));
}

TEST(CompareOptions, PairEachWithEach) {
  const TrialComparison comparison = compared({.all_pairs = true}, {"a", "b", "c", "d"});
  EXPECT_EQ(comparison.models[0].lines.size(), 6u);
  EXPECT_EQ(comparison.models[0].lines[5].trial_label, "d");
  EXPECT_EQ(comparison.models[0].lines[5].against_label, "c");
}

TEST(CompareOptions, JudgeEquivalenceWithHolm) {
  const CompareOptions options{.figures = {"kl"}, .margin = parse_equivalence_margin("15%")};
  const TrialComparison comparison = compared(options, {"a", "b", "c"});
  const ComparedFigure& near = comparison.models[0].lines[0].figures[0];
  const ComparedFigure& far = comparison.models[0].lines[1].figures[0];
  EXPECT_EQ(near.equivalence_verdict, EquivalenceVerdict::same);
  EXPECT_EQ(far.equivalence_verdict, EquivalenceVerdict::different);
  EXPECT_GE(*near.p_equivalent, near.equivalence->p_same);
  EXPECT_LE(*near.p_equivalent, 2.0 * near.equivalence->p_same);
  EXPECT_GE(*far.p_equivalent, far.equivalence->p_different);
}

TEST(CompareOptions, TakeAMarginInNats) {
  const CompareOptions options{.figures = {"nll"}, .margin = parse_equivalence_margin("0.1")};
  EXPECT_EQ(compared(options, {"a", "b"}).models[0].lines[0].figures[0].equivalence_verdict,
            EquivalenceVerdict::same);
}

TEST(CompareOptions, TellOfWhichOfSeveralFiguresThereIsNoRatio) {
  const TrialComparison both =
      compared({.figures = {"kl", "nll"}, .ratio = true, .margin = parse_equivalence_margin("5%")},
               {"a", "b"});
  const LineComparison& line = both.models.front().lines.front();
  EXPECT_TRUE(figure(line, "kl").ratio.has_value());
  EXPECT_FALSE(figure(line, "nll").ratio.has_value());
  EXPECT_FALSE(figure(line, "nll").equivalence.has_value());
  EXPECT_EQ(both.remarks.front(), "nll: is not counted from 0, so a ratio of it says nothing");
}

TEST(CompareOptions, RefuseWhatSaysNothing) {
  EXPECT_EQ(config_error_of([] { parse_equivalence_margin("150%"); }),
            "--equivalent: 150% would call trials the same of which one has 2.5 times the figure "
            "of the other; give a share below 100%");
  EXPECT_EQ(config_error_of([] {
              compared({.figures = {"kl_revers"}}, {"a", "b"});
            }),
            "--figure: unknown figure 'kl_revers'; did you mean 'kl_reverse'?");
  EXPECT_EQ(config_error_of([] {
              compared({.figures = {"nll"}, .margin = parse_equivalence_margin("5%")}, {"a", "b"});
            }),
            "--equivalent 5 %: nll is not counted from 0, so a share of it says nothing; give a "
            "number in its unit, such as 0.01, or take kl or kl_reverse");
  EXPECT_EQ(config_error_of([] {
              compared({.sort = {"klx"}}, {"a", "b"});
            }),
            "--sort: unknown key 'klx'; did you mean 'kl'?");
}

}  // namespace
}  // namespace nf
