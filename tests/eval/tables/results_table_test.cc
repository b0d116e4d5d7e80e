#include "eval/tables/results_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "eval/output/table.h"
#include "eval/results/results.h"
#include "tests/support/builtin_kinds.h"

namespace nf {
namespace {

constexpr Index kTokens = 511;

/// Windows with these figures per token; the change by a trial (beyond nll 3.5) alternates by a
/// tenth from window to window.
ResultRow row_of(const std::string& name, const std::string& id, std::optional<std::uint64_t> seed,
                 double nll, double kl, double top1, Index windows = 16) {
  ResultRow row;
  row.key = {.id = id, .name = name, .model = "opt-nano", .seed = seed};
  for (Index window = 0; window < windows; ++window) {
    const double change = window % 2 == 0 ? 0.9 : 1.1;
    row.windows.push_back(
        {.window = window,
         .sums = {.tokens = kTokens,
                  .nll = (3.5 + (nll - 3.5) * change) * kTokens,
                  .kl = kl * change * kTokens,
                  .top1 = static_cast<Index>((1.0 - (1.0 - top1) * change) * kTokens)}});
  }
  row.text = add_up(row.windows);
  return row;
}

ResultRow with(ResultRow row, std::optional<double> weight, std::optional<double> input,
               const Json& vars = Json::object()) {
  row.relative_l2_weight = weight;
  row.relative_l2_input = input;
  row.key.vars = vars;
  return row;
}

ResultRow failed(const std::string& name, const std::string& id, std::uint64_t seed,
                 const std::string& error) {
  ResultRow row;
  row.key = {.id = id, .name = name, .model = "opt-nano", .seed = seed};
  row.status = Status::failed;
  row.error = error;
  return row;
}

std::vector<ResultRow> example() {
  const Json point = {{"r", 0.05}, {"dist", "rademacher"}};
  return {
      row_of("baseline", "b", std::nullopt, 3.5, 0.0, 1.0),
      with(row_of("gaussian", "g0", 0, 3.530, 0.0310, 0.90), 0.1, std::nullopt),
      with(row_of("gaussian", "g1", 1, 3.534, 0.0317, 0.91), 0.1, std::nullopt),
      with(row_of("gaussian", "g2", 2, 3.532, 0.0327, 0.90), 0.1, std::nullopt),
      with(row_of("noise-sweep", "n", 0, 3.50004, 1.23e-6, 0.999), 0.05, std::nullopt, point),
      with(row_of("clip", "c", 0, 4.4, 0.81, 0.55), std::nullopt, 0.2134),
      with(row_of("clip", "c", 1, 4.4, 0.81, 0.55), std::nullopt, 0.2134),
      failed("huge", "h", 0, "layer 2: hidden state of window 0 is not finite"),
  };
}

std::string without_legend(const std::string& table) {
  return table.substr(0, table.find("\nppl: perplexity."));
}

Index widest_line(const std::string& text) {
  std::istringstream lines(text);
  Index widest = 0;
  for (std::string line; std::getline(lines, line);) widest = std::max(widest, display_width(line));
  return widest;
}

TEST(ResultsTable, MarksAKlBelowTheFloor) {
  std::vector<ResultRow> rows = {row_of("baseline", "b", std::nullopt, 3.5, 0.0, 1.0),
                                 row_of("below", "l", 0, 3.5, 3.9e-12, 1.0),
                                 row_of("above", "a", 0, 3.5, 4.1e-12, 1.0)};
  EXPECT_EQ(results_table(rows, builtin_metrics(), 0).find('*'), std::string::npos);
  for (ResultRow& row : rows) row.kl_floor = 1e-12;
  const std::string table = results_table(rows, builtin_metrics(), 0);
  EXPECT_NE(table.find("3.9e-12* ±"), std::string::npos) << table;
  EXPECT_NE(table.find("4.1e-12  ±"), std::string::npos) << table;
  EXPECT_NE(table.find("\nopt-nano: rounding alone makes a KL of 1.0e-12 (kl_floor); * marks a KL "
                       "below 4 times that\n"),
            std::string::npos)
      << table;
  rows.erase(rows.begin() + 1);
  const std::string unmarked = results_table(rows, builtin_metrics(), 0);
  EXPECT_NE(unmarked.find("\nopt-nano: rounding alone makes a KL of 1.0e-12 (kl_floor)\n"),
            std::string::npos)
      << unmarked;
  EXPECT_EQ(unmarked.find('*'), std::string::npos) << "a mark that stands nowhere is not explained";
}

TEST(ResultsTable, NamesWhatWasCalibratedOnTheTextItIsEvaluatedOn) {
  std::vector<ResultRow> rows = {row_of("baseline", "b", std::nullopt, 3.5, 0.0, 1.0),
                                 row_of("gptq", "g", 0, 3.5, 0.1, 0.9),
                                 row_of("rtn", "r", 0, 3.5, 0.2, 0.8)};
  EXPECT_EQ(results_table(rows, builtin_metrics(), 0).find("calibration"), std::string::npos);
  rows[1].key.calibration_overlap = 512;
  const std::string table = results_table(rows, builtin_metrics(), 0);
  EXPECT_NE(table.find("\nopt-nano: made from calibration text that is evaluated, too (up to 512 "
                       "tokens of it), so that it looks better than it is: gptq\n"),
            std::string::npos)
      << table;
}

TEST(ResultsTable, ShowsAllThatAFirstReaderNeeds) {
  const std::string expected =
      R"(                                                                                      same        rel. L2  rel. L2
                                         ppl      Δnll                 KL            top-1 %      weights   inputs

opt-nano: 8176 tokens scored in 16 windows
  baseline                             33.12
  gaussian (3 seeds)                   34.19  +0.0320  ± 0.0053   0.0318  ± 0.0028   90.25 ± 1.5   0.100
  noise-sweep r=0.05 dist=rademacher   33.12  +4.0e-05 ± 2.2e-06  1.2e-06 ± 6.8e-08  99.80         0.0500
  clip                                 81.45  +0.900   ± 0.050    0.810   ± 0.045    54.99 ± 2.5             0.213
  huge                                failed

opt-nano: huge: failed: layer 2: hidden state of window 0 is not finite

ppl: perplexity. Δnll: negative log-likelihood minus the baseline's, nats per token. KL:
KL(baseline‖trial) of the next-token distributions, nats per token. same top-1: positions where both
find the same token most probable. rel. L2: ‖δ‖/‖x‖ over all distorted weights or inputs. ±: the
95 % interval over text and seeds, its longer side; none of fewer than 8 windows or documents.
)";
  EXPECT_EQ(results_table(example(), builtin_metrics(), 0), expected);
}

TEST(ResultsTable, ExplainsTheColumnsOfABaselineAlone) {
  EXPECT_EQ(
      results_table({row_of("baseline", "b", std::nullopt, 3.5, 0.0, 1.0)}, builtin_metrics(), 0),
      R"(              ppl

opt-nano: 8176 tokens scored in 16 windows
  baseline  33.12

ppl: perplexity.
)");
}

TEST(ResultsTable, CutsLabelsAndLeavesColumnsOutToFit) {
  const std::string table = results_table(example(), builtin_metrics(), 80);
  EXPECT_NE(table.find("\n80 columns have no room for: rel. L2 inputs, rel. L2 weights\n"),
            std::string::npos)
      << table;
  EXPECT_NE(table.find("\n  noise-sw…ademacher"), std::string::npos) << table;
  EXPECT_NE(table.find("1.2e-06 ± 6.8e-08  99.80\n"), std::string::npos) << table;
}

TEST(ResultsTable, EndsAtItsLimitAndNamesTheCommandForTheRest) {
  std::vector<ResultRow> rows = {row_of("baseline", "b", std::nullopt, 3.5, 0.0, 1.0)};
  for (Index i = 0; i < 1092; ++i)
    rows.push_back(with(row_of("each", std::to_string(i), 0, 3.6, 0.1, 0.9), 0.1, std::nullopt,
                        {{"layer", i}}));
  rows.push_back(failed("huge", "h", 0, "not finite"));
  const std::string all = results_table(rows, builtin_metrics(), 0);
  EXPECT_GT(std::count(all.begin(), all.end(), '\n'), 1092);
  const std::string table =
      results_table(rows, builtin_metrics(), 0, {}, nullptr, {60, "noisefloor show runs/e"});
  EXPECT_NE(table.find("\n  each layer=0 "), std::string::npos) << table;
  EXPECT_NE(table.find("\n  [...] 1039 more: noisefloor show runs/e\n"), std::string::npos)
      << table;
  EXPECT_NE(table.find("\nopt-nano: huge: failed: not finite\n"), std::string::npos) << table;
  const auto end = table.begin() + static_cast<std::ptrdiff_t>(table.find("\nopt-nano: huge"));
  EXPECT_LE(std::count(table.begin(), end, '\n'), 60);
}

TEST(ResultsTable, DoesNotTellHundredsOfFailures) {
  std::vector<ResultRow> rows = {row_of("baseline", "b", std::nullopt, 3.5, 0.0, 1.0)};
  for (Index i = 0; i < 500; ++i) {
    rows.push_back(failed("huge", std::to_string(i), 0, "not finite"));
    rows.back().key.vars = {{"layer", i}};
  }
  const std::string table = results_table(rows, builtin_metrics(), 0);
  EXPECT_NE(table.find("\nopt-nano: huge layer=9: failed: not finite\n"
                       "opt-nano: and 490 more rows that failed or are unfinished\n"),
            std::string::npos)
      << table;
}

TEST(ResultsTable, FitsUsualTerminals) {
  std::vector<ResultRow> rows = example();
  rows.pop_back();  // the reasons of failures are one line each, however long
  for (const Index columns : {80, 100, 120, 200})
    EXPECT_LE(widest_line(results_table(rows, builtin_metrics(), columns)), columns);
}

TEST(ResultsTable, TakesSeedsThatChangeNothingForOne) {
  const std::string text = results_table(example(), builtin_metrics(), 0);
  EXPECT_NE(text.find("clip  "), std::string::npos);
  EXPECT_EQ(text.find("clip ("), std::string::npos);
}

TEST(ResultsTable, SaysHowManySeedsAreLeft) {
  const std::string text = results_table(
      {row_of("baseline", "b", std::nullopt, 3.5, 0.0, 1.0),
       row_of("noise", "n0", 0, 3.6, 0.1, 0.9), row_of("noise", "n1", 1, 3.7, 0.1, 0.9),
       failed("noise", "n2", 2, "not finite")},
      builtin_metrics(), 0);
  EXPECT_NE(text.find("noise (2 of 3 seeds)"), std::string::npos);
  EXPECT_NE(text.find("\nopt-nano: noise (seed 2): failed: not finite\n"), std::string::npos);
}

TEST(ResultsTable, ComparesOnlyWindowsThatBothHave) {
  ResultRow baseline = row_of("baseline", "b", std::nullopt, 3.5, 0.0, 1.0, 2);
  baseline.windows[1].sums.nll = 9.0 * kTokens;
  ResultRow half = row_of("noise", "n", 0, 3.5 + 0.25 / 0.9, 0.1, 0.9, 2);
  half.windows.pop_back();
  half.text = add_up({half.windows[0]});
  const std::string text = results_table({baseline, half}, builtin_metrics(), 0);
  EXPECT_NE(text.find("+0.250"), std::string::npos);
  EXPECT_NE(text.find("\nopt-nano: noise: unfinished, 1 of 2 windows\n"), std::string::npos);
}

TEST(ResultsTable, SaysWhyThereIsNoInterval) {
  const std::string text = results_table({row_of("baseline", "b", std::nullopt, 3.5, 0.0, 1.0, 3),
                                          row_of("noise", "n0", 0, 3.6, 0.1, 0.9, 3)},
                                         builtin_metrics(), 0);
  EXPECT_NE(text.find("\nopt-nano: no 95 % interval: needs 8 blocks, has 3\n"), std::string::npos);
  EXPECT_EQ(without_legend(text).find("±"), std::string::npos);
}

TEST(ResultsTable, KeepsModelsApart) {
  std::vector<ResultRow> rows = {row_of("baseline", "b", std::nullopt, 3.5, 0.0, 1.0),
                                 row_of("baseline", "B", std::nullopt, 3.4, 0.0, 1.0)};
  rows[1].key.model = "llama-nano";
  const std::string text = results_table(rows, builtin_metrics(), 0);
  EXPECT_NE(text.find("\nopt-nano: 8176 tokens scored in 16 windows\n  baseline  33.12\n"),
            std::string::npos);
  EXPECT_NE(text.find("\nllama-nano: 8176 tokens scored in 16 windows\n  baseline  29.96\n"),
            std::string::npos);
}

}  // namespace
}  // namespace nf
