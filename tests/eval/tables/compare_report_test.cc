
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "core/io/read_file.h"
#include "eval/output/csv_reader.h"
#include "eval/tables/compare_csv.h"
#include "eval/tables/compare_footnotes.h"
#include "eval/tables/compare_table.h"
#include "tests/support/compare_support.h"
#include "tests/support/config_support.h"
#include "tests/support/temp_dir.h"
#include "tests/support/threads.h"

namespace nf {
namespace {

const std::vector<double> kText = window_figures(1.0, 16, 51);

/// "root" at two widths against "uniform" at two widths.
TrialComparison sweep_comparison() {
  std::vector<ResultRow> rows = {compared_baseline(16)};
  for (const int bits : {3, 4}) {
    const double kl = 0.1 * bits;
    rows.push_back(compared_row("uniform", "u" + std::to_string(bits), kText, {{"bits", bits}}));
    rows.push_back(compared_row("root", "r" + std::to_string(bits), added(kText, kl - 0.3, 0.02, 1),
                                {{"bits", bits}, {"pairing", "x"}}));
  }
  return comparison_of(rows, {"uniform", "root"});
}

TrialComparison single_comparison() {
  return comparison_of({compared_baseline(16), compared_row("a", "a", kText),
                        compared_row("b", "b", added(kText, 0.1, 0.02, 1))},
                       {"a", "b"});
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(CompareReport, OfOneComparisonHasALinePerFigure) {
  const std::string table = comparison_table(single_comparison(), 0);
  EXPECT_TRUE(contains(table, "\nm: 1600 tokens scored in 16 windows\n  nll ")) << table;
  EXPECT_TRUE(table.starts_with("b against a\n\n")) << table;
  EXPECT_TRUE(contains(table, "\n  KL ")) << table;
  EXPECT_TRUE(contains(table, "\n  same top-1 % ")) << table;
  EXPECT_TRUE(contains(table, "worse")) << table;
  EXPECT_FALSE(contains(table, "nan")) << table;
}

TEST(CompareReport, OfASweepHasALinePerComparison) {
  const std::string table = comparison_table(sweep_comparison(), 0);
  EXPECT_TRUE(contains(table,
                       "\nm: nll, 1600 tokens scored in 16 windows\n"
                       "  root bits=3 pairing=x "))
      << table;
  EXPECT_TRUE(contains(table, "no difference shown\n  root bits=4 pairing=x ")) << table;
  EXPECT_TRUE(contains(table, "\nm: KL, 1600")) << table;
  EXPECT_TRUE(table.starts_with("against uniform\n\n")) << table;
  EXPECT_EQ(table.find("against uniform", 1), std::string::npos) << "once";
}

TEST(CompareReport, HasTheIntervalItself) {
  TrialComparison comparison = single_comparison();
  comparison.models[0].lines[0].figures.resize(2);
  const auto set = [](ComparedFigure& figure, double mean, double low, double high) {
    figure.difference.mean.mean = mean;
    figure.interval = {low, high};
  };
  set(comparison.models[0].lines[0].figures[0], -0.01371, -0.02971, -0.00114);
  set(comparison.models[0].lines[0].figures[1], 0.000112, -0.00001, 0.5);
  const std::string table = comparison_table(comparison, 0);
  EXPECT_TRUE(contains(table, "\n  nll  -0.0137  [-0.0297, -0.0011]")) << table;
  EXPECT_TRUE(contains(table, "\n  KL   +0.00011 [-1e-05,  +0.500]")) << table;
  EXPECT_FALSE(contains(table, "±")) << table;
}

TEST(CompareReport, SaysHowMuchTextEntered) {
  std::vector<ResultRow> rows = {compared_baseline(16), compared_row("a", "a", kText)};
  for (const int windows : {9, 12})
    rows.push_back(compared_row("b", "b" + std::to_string(windows),
                                added({kText.begin(), kText.begin() + windows}, 0.1, 0.02, 1),
                                {{"w", windows}}));
  const std::string alone = comparison_table(comparison_of(rows, {"a", "b:w=9"}), 0);
  EXPECT_TRUE(contains(alone, "b w=9 against a\n\n")) << alone;
  EXPECT_TRUE(contains(alone, "\nm: 900 tokens scored in 9 of 16 windows\n")) << alone;
  const std::string both = comparison_table(comparison_of(rows, {"a", "b"}), 0);
  EXPECT_TRUE(contains(both,
                       "\nm: nll, 1200 tokens scored in 12 of 16 windows\n"
                       "  b w=9 (900 tokens in 9 windows) "))
      << both;
  EXPECT_TRUE(contains(both, "\n  b w=12  ")) << both;
}

TEST(CompareReport, SaysOfHowManyDrawsItSpeaks) {
  const std::string one = "A trial without a number of seeds has one: the figures speak of that";
  EXPECT_EQ(comparison_footnotes(single_comparison()).size(), 1u);
  EXPECT_EQ(comparison_footnotes(single_comparison())[0].substr(0, one.size()), one);
  std::vector<ResultRow> rows = {compared_baseline(16)};
  for (std::uint64_t seed = 0; seed < 2; ++seed)
    for (const std::string name : {"a", "b"})
      rows.push_back(compared_row(name, name + std::to_string(seed),
                                  added(kText, 0.1, 0.02, seed + 2), Json::object(), seed));
  EXPECT_EQ(
      comparison_footnotes(comparison_of(rows, {"a", "b"})),
      std::vector<std::string>{"Seeds are paired: each of one trial with the same of the other."});
}

TEST(CompareReport, SaysNoDifferenceOfATrialAndItself) {
  const std::string table = comparison_table(
      comparison_of({compared_baseline(16), compared_row("a", "a", kText)}, {"a", "a"}), 0);
  EXPECT_TRUE(contains(table, "  0  no difference\n")) << table;
  EXPECT_FALSE(contains(table, "nan")) << table;
}

TEST(CompareReport, ExplainsShownFromWithItsOwnNumber) {
  const TrialComparison comparison = single_comparison();
  const std::string table = comparison_table(comparison, 0);
  EXPECT_TRUE(contains(table, "\nshown from: how large a true difference must be")) << table;
  EXPECT_FALSE(contains(table, "ratio:")) << table;
  EXPECT_FALSE(contains(table, "within")) << table;
}

TEST(CompareReport, HasRatiosAndEquivalence) {
  const std::vector<ResultRow> rows = {compared_baseline(16), compared_row("a", "a", kText),
                                       compared_row("b", "b", added(kText, 0.0, 0.01, 1)),
                                       compared_row("c", "c", added(kText, 0.5, 0.01, 2))};
  CompareOptions options{.ratio = true, .margin = parse_equivalence_margin("5%")};
  std::vector<TrialSelector> selectors;
  for (const char* name : {"a", "b", "c"})
    selectors.push_back(parse_trial_selector(name, keys_of(rows)));
  const TrialComparison comparison =
      compare_trials(rows, keys_of(rows), {}, selectors, {}, options);
  const std::string table = comparison_table(comparison, 0);
  EXPECT_TRUE(contains(table, "within\n") || contains(table, "within  ")) << table;
  EXPECT_TRUE(contains(table, "the same ")) << table;
  EXPECT_TRUE(contains(table, "different ")) << table;
  EXPECT_TRUE(contains(table, "\nratio: the trial's figure over")) << table;
  EXPECT_TRUE(contains(table, "within 5 %: 'the same' where")) << table;
  EXPECT_FALSE(contains(table, "nll,")) << "of KL alone\n" << table;
  const auto lines = parse_csv(comparison_csv(comparison));
  ASSERT_EQ(lines.size(), 3u);
  const auto field = [&lines](std::size_t line, const std::string& column) {
    const auto at = std::find(lines[0].begin(), lines[0].end(), column);
    return lines[line].at(static_cast<std::size_t>(at - lines[0].begin()));
  };
  EXPECT_NEAR(std::stod(field(2, "ratio")), 1.5, 0.06);
  EXPECT_LT(std::stod(field(2, "ratio_low")), std::stod(field(2, "ratio")));
  EXPECT_EQ(field(1, "equivalence"), "the same");
  EXPECT_EQ(field(2, "equivalence"), "different");
  EXPECT_EQ(field(1, "margin"), "5 %");
  const Json json = Json::parse(json_text(comparison_values(comparison)));
  EXPECT_EQ(json[1]["ratio"].get<double>(), std::stod(field(2, "ratio")));
  for (const TableFormat format : {TableFormat::markdown, TableFormat::latex})
    EXPECT_TRUE(contains(comparison_table(comparison, 0, format), "the same"));
}

TEST(CompareReport, OfAllPairsNamesBoth) {
  std::vector<ResultRow> rows = {compared_baseline(16)};
  for (const std::string name : {"a", "b", "c"})
    rows.push_back(compared_row(name, name, added(kText, 0.0, 0.02, name[0])));
  std::vector<TrialSelector> selectors;
  for (const char* name : {"a", "b", "c"})
    selectors.push_back(parse_trial_selector(name, keys_of(rows)));
  const TrialComparison comparison =
      compare_trials(rows, keys_of(rows), {}, selectors, {}, {.all_pairs = true});
  EXPECT_EQ(comparison.models[0].lines.size(), 3u);
  const std::string table = comparison_table(comparison, 0);
  EXPECT_TRUE(table.starts_with("each trial against each\n\n")) << table;
  for (const char* pair : {"\n  b against a ", "\n  c against a ", "\n  c against b "})
    EXPECT_TRUE(contains(table, pair)) << table;
}

/// Four trials, each with each.
TrialComparison all_pairs() {
  std::vector<ResultRow> rows = {compared_baseline(16)};
  std::vector<TrialSelector> selectors;
  for (const std::string name : {"a", "b", "c", "d"})
    rows.push_back(compared_row(name, name, added(kText, 0.0, 0.02, name[0])));
  for (const char* name : {"a", "b", "c", "d"})
    selectors.push_back(parse_trial_selector(name, keys_of(rows)));
  return compare_trials(rows, keys_of(rows), {}, selectors, {},
                        {.figures = {"kl"}, .all_pairs = true});
}

TEST(CompareReport, SaysOnceWithWhatSeveralLinesAreCompared) {
  const std::string table = comparison_table(all_pairs(), 0);
  EXPECT_TRUE(contains(table, "\n  against a:\n  b ")) << table;
  EXPECT_TRUE(contains(table, "\n  against b:\n  c ")) << table;
  EXPECT_EQ(table.find("against a"), table.rfind("against a")) << table;
}

TEST(CompareReport, NamesTheTrialOnceWhoseManyPartnersFollow) {
  std::vector<ResultRow> rows = {compared_baseline(16), compared_row("b", "b", kText)};
  for (const int bits : {3, 4})
    rows.push_back(compared_row("a", "a" + std::to_string(bits), added(kText, 0.1, 0.02, 1),
                                {{"bits", bits}}));
  const std::string table = comparison_table(comparison_of(rows, {"a", "b"}), 0);
  EXPECT_TRUE(contains(table, "\nm: KL of b, 1600 tokens")) << table;
  EXPECT_TRUE(contains(table, "\n  against bits=3  ")) << table;
}

TEST(CompareReport, ExplainsAndNamesTheColumnsThatItHasRoomFor) {
  const std::string wide = comparison_table(single_comparison(), 0);
  EXPECT_TRUE(contains(wide, "verdict")) << wide;
  EXPECT_TRUE(contains(wide, "\np: two-sided") || contains(wide, " p: two-sided")) << wide;
  const std::string narrow = comparison_table(single_comparison(), 66);
  EXPECT_TRUE(contains(narrow, "66 columns have no room for: shown from, p\n")) << narrow;
  EXPECT_FALSE(contains(narrow, "shown from:")) << narrow;
  EXPECT_FALSE(contains(narrow, "p: two-sided")) << narrow;
  EXPECT_TRUE(contains(narrow, "verdict: worse, better")) << narrow;
  const std::string narrower = comparison_table(single_comparison(), 58);
  EXPECT_TRUE(contains(narrower, "58 columns have no room for: shown from, p, difference\n"))
      << narrower;
  EXPECT_TRUE(contains(narrower, "verdict:")) << narrower;
}

TEST(CompareReport, LeavesOutWhatTheSelectorAboveTheTableNames) {
  std::vector<ResultRow> rows = {compared_baseline(16)};
  for (const int bits : {3, 4, 5})
    rows.push_back(compared_row("a", "a" + std::to_string(bits), added(kText, 0.1 * bits, 0.02, 1),
                                {{"bits", bits}}));
  const std::string table = comparison_table(comparison_of(rows, {"a:bits=3", "a"}), 0);
  EXPECT_TRUE(table.starts_with("against a:bits=3\n\n")) << table;
  EXPECT_TRUE(contains(table, "\n  a bits=4  ")) << table;
}

TEST(CompareReport, HasEverythingInItsCsv) {
  const auto lines = parse_csv(comparison_csv(sweep_comparison()));
  EXPECT_EQ(lines[0], (std::vector<std::string>{"id",
                                                "name",
                                                "model",
                                                "seed",
                                                "bits",
                                                "pairing",
                                                "against_id",
                                                "against",
                                                "against_seed",
                                                "against_bits",
                                                "against_pairing",
                                                "figure",
                                                "seeds",
                                                "against_seeds",
                                                "compare_pairing",
                                                "blocks",
                                                "all_blocks",
                                                "tokens",
                                                "difference",
                                                "low",
                                                "high",
                                                "bootstrap_low",
                                                "bootstrap_high",
                                                "se_text",
                                                "se_seed",
                                                "p",
                                                "p_holm",
                                                "shown_from",
                                                "verdict",
                                                "ratio",
                                                "ratio_low",
                                                "ratio_high",
                                                "margin",
                                                "p_equivalent",
                                                "equivalence",
                                                "note"}));
  ASSERT_EQ(lines.size(), 1u + 2 * 4);
  EXPECT_EQ((std::vector<std::string>{lines[1].begin(), lines[1].begin() + 18}),
            (std::vector<std::string>{"r3", "root", "m", "0", "3", "x", "u3", "uniform", "0", "3",
                                      "", "nll", "1", "1", "each", "16", "16", "1600"}));
  EXPECT_EQ(lines[1][28], "no difference shown");
  EXPECT_EQ(lines[6][11], "kl");
  EXPECT_EQ(lines[6][28], "worse");
  for (const auto& line : lines)
    for (const std::string& field : line) EXPECT_FALSE(contains(field, "nan")) << field;
}

TEST(CompareReport, DoesNotDependOnThreads) {
  std::vector<std::string> texts;
  for (const Index threads : {1, 3}) {
    const Threads guard(threads);
    texts.push_back(comparison_csv(sweep_comparison()));
  }
  EXPECT_EQ(texts[0], texts[1]);
}

TEST(CompareReport, ReplacesItsOwnKindOnly) {
  const TempDir temp;
  write_comparison_csv(sweep_comparison(), temp / "out.csv");
  write_comparison_csv(single_comparison(), temp / "out.csv");  // other variables
  EXPECT_EQ(read_text_file(temp / "out.csv"), comparison_csv(single_comparison()));
  std::ofstream(temp / "mine.csv") << "name,model,figure,note\n1,2,3,4\n";
  EXPECT_EQ(config_error_of([&] { write_comparison_csv(single_comparison(), temp / "mine.csv"); }),
            "--csv " + (temp / "mine.csv").string() +
                ": is there already and no comparison of noisefloor; choose another name");
  EXPECT_EQ(read_text_file(temp / "mine.csv"), "name,model,figure,note\n1,2,3,4\n");
}

}  // namespace
}  // namespace nf
