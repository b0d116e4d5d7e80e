
#include <gtest/gtest.h>

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
  EXPECT_TRUE(contains(table, "\nm: b against a, 1600 tokens scored in 16 windows\n  nll "))
      << table;
  EXPECT_TRUE(contains(table, "\n  KL ")) << table;
  EXPECT_TRUE(contains(table, "\n  same top-1 % ")) << table;
  EXPECT_TRUE(contains(table, "worse")) << table;
  EXPECT_FALSE(contains(table, "nan")) << table;
}

TEST(CompareReport, OfASweepHasALinePerComparison) {
  const std::string table = comparison_table(sweep_comparison(), 0);
  EXPECT_TRUE(contains(table,
                       "\nm: nll, against uniform, 1600 tokens scored in 16 windows\n"
                       "  root bits=3 pairing=x "))
      << table;
  EXPECT_TRUE(contains(table, "no difference shown\n  root bits=4 pairing=x ")) << table;
  EXPECT_TRUE(contains(table, "\nm: KL, against uniform")) << table;
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
  EXPECT_TRUE(contains(alone, "\nm: b w=9 against a, 900 tokens scored in 9 of 16 windows\n"))
      << alone;
  const std::string both = comparison_table(comparison_of(rows, {"a", "b"}), 0);
  EXPECT_TRUE(contains(both,
                       "\nm: nll, against a, 1200 tokens scored in 12 of 16 windows\n"
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
