#include "eval/analysis/statistics.h"

#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "eval/output/csv.h"
#include "eval/results/figures.h"
#include "eval/stats/block_bootstrap.h"
#include "eval/stats/confidence_sequence.h"
#include "eval/tables/statistics_csv.h"
#include "tests/support/compare_support.h"
#include "tests/support/synthetic_kl.h"
#include "tests/support/threads.h"

namespace nf {
namespace {

constexpr Index kTokens = kWindowTokens;

/// Rows of a CSV without line breaks in its fields as column -> field.
std::vector<std::map<std::string, std::string>> read_csv(const std::string& text) {
  const auto split = [](const std::string& line) {
    std::vector<std::string> fields(1);
    bool quoted = false;
    for (const char c : line) {
      if (c == '"')
        quoted = !quoted;
      else if (c == ',' && !quoted)
        fields.emplace_back();
      else
        fields.back() += c;
    }
    return fields;
  };
  std::istringstream lines(text);
  std::string line;
  std::getline(lines, line);
  const std::vector<std::string> header = split(line);
  std::vector<std::map<std::string, std::string>> rows;
  while (std::getline(lines, line)) {
    const std::vector<std::string> fields = split(line);
    EXPECT_EQ(fields.size(), header.size()) << line;
    auto& row = rows.emplace_back();
    for (std::size_t i = 0; i < header.size() && i < fields.size(); ++i) row[header[i]] = fields[i];
  }
  return rows;
}

std::string csv_of(const std::vector<ResultRow>& rows, const std::vector<TaskHeading>& tasks = {}) {
  return statistics_csv(rows, variables_of(rows), tasks);
}

ResultRow row_of(const std::string& name, const std::string& id, const std::vector<double>& kl,
                 std::optional<std::uint64_t> seed = 0) {
  return compared_row(name, id, kl, Json::object(), seed);
}

ResultRow baseline_of(std::size_t windows) {
  return row_of("baseline", "b", std::vector<double>(windows, 0.0), std::nullopt);
}

const std::vector<double> kKl = {0.5, 1.0, 1.5, 2.0, 2.0, 2.5, 3.0, 3.5};

double number(const std::string& field) { return std::stod(field); }

TEST(Statistics, HaveOneRowPerLineAndFigure) {
  ResultRow noise = row_of("noise", "n", kKl);
  noise.key.vars = {{"r", 0.1}, {"p", 3}};
  const std::string text = csv_of({baseline_of(8), noise});
  EXPECT_EQ(text.substr(0, text.find('\n')),
            "id,name,model,seed,r,p,figure,seeds,blocks,tokens,estimate,low,high,bootstrap_low,"
            "bootstrap_high,sd_text,sd_seed,statistics_p,p_holm,p_bh,note");
  const auto rows = read_csv(text);
  ASSERT_EQ(rows.size(), 7u);
  EXPECT_EQ(rows[0].at("figure"), "delta_nll");
  EXPECT_EQ(rows[0].at("estimate"), "1");
  EXPECT_EQ(rows[1].at("figure"), "kl");
  EXPECT_EQ(rows[1].at("name"), "noise");
  EXPECT_EQ(rows[1].at("r"), "0.1");
  EXPECT_EQ(rows[1].at("p"), "3");
  EXPECT_EQ(rows[1].at("seeds"), "1");
  EXPECT_EQ(rows[1].at("blocks"), "8");
  EXPECT_EQ(rows[1].at("tokens"), "800");
  EXPECT_EQ(rows[1].at("estimate"), "2");
  EXPECT_EQ(rows[1].at("sd_text"), "1");
  EXPECT_EQ(rows[1].at("sd_seed"), "");
  EXPECT_EQ(rows[1].at("statistics_p"), "");
  EXPECT_EQ(rows[2].at("figure"), "kl_reverse");
  EXPECT_EQ(rows[2].at("estimate"), "4");
  EXPECT_EQ(rows[3].at("figure"), "delta_top1");
  EXPECT_EQ(rows[3].at("estimate"), "-0.1");
  EXPECT_EQ(rows[3].at("note"), "all 8 blocks are equal");
}

TEST(Statistics, TestTheDifferenceOfTheFlips) {
  ResultRow noise = row_of("noise", "n", kKl);
  for (std::size_t w = 0; w < noise.windows.size(); ++w) {
    noise.windows[w].sums.flips_lost = 12 + static_cast<Index>(w % 3);
    noise.windows[w].sums.flips_gained = 4 - static_cast<Index>(w % 2);
  }
  const auto rows = read_csv(csv_of({baseline_of(8), noise, row_of("other", "o", kKl)}));
  ASSERT_EQ(rows.size(), 14u);
  EXPECT_EQ(rows[4].at("figure"), "flips_lost");
  EXPECT_DOUBLE_EQ(number(rows[4].at("estimate")), 0.12875);
  EXPECT_GT(number(rows[4].at("low")), 0.12);
  EXPECT_EQ(rows[4].at("p"), "");
  EXPECT_EQ(rows[5].at("figure"), "flips_gained");
  EXPECT_DOUBLE_EQ(number(rows[5].at("estimate")), 0.035);
  EXPECT_EQ(rows[6].at("figure"), "flips_difference");
  EXPECT_DOUBLE_EQ(number(rows[6].at("estimate")), 0.09375);
  EXPECT_LT(number(rows[6].at("p")), 1e-4);
  // The other trial has no flips and no p: it is a family of one.
  EXPECT_EQ(rows[6].at("p_holm"), rows[6].at("p"));
  EXPECT_EQ(rows[0].at("figure"), "delta_nll");
  EXPECT_NE(rows[0].at("p"), rows[6].at("p"));
}

TEST(Statistics, HaveNoFlipsOfRecordsOfAnEarlierVersion) {
  ResultRow noise = row_of("noise", "n", kKl);
  noise.windows[2].sums.lacks_flips = true;
  for (const auto& row : read_csv(csv_of({baseline_of(8), noise})))
    EXPECT_FALSE(row.at("figure").starts_with("flips")) << row.at("figure");
}

TEST(Statistics, HaveTheIntervalsOfTheLibrary) {
  BlockSums blocks;
  for (const double kl : kKl) blocks.push_back({.tokens = 100.0, .sum = 100.0 * kl});
  const auto rows = read_csv(csv_of({baseline_of(8), row_of("noise", "n", kKl)}));
  const Interval interval = *interval_of(estimate_mean({&blocks, 1}));
  EXPECT_EQ(rows[1].at("low"), csv_number(interval.low));
  EXPECT_EQ(rows[1].at("high"), csv_number(interval.high));
  const Interval bootstrap = *BlockBootstrap(8).interval(blocks);
  EXPECT_NEAR(number(rows[1].at("bootstrap_low")), bootstrap.low, 1e-12);
  EXPECT_NEAR(number(rows[1].at("bootstrap_high")), bootstrap.high, 1e-12);
}

/// Ten documents of the same three windows, in another order each: only rounding tells them apart.
TEST(Statistics, HaveNoIntervalWhereOnlyRoundingDiffers) {
  constexpr double kKlOf[] = {0.001, 0.002, 0.003}, kNllOf[] = {3.7, 1.9, 5.3};
  ResultRow baseline = baseline_of(30), noise = row_of("noise", "n", std::vector<double>(30, 0.0));
  for (std::size_t i = 0; i < 30; ++i) {
    const std::size_t of = (i + i / 3) % 3;
    baseline.windows[i].sums.nll = kNllOf[of] * kTokens;
    noise.windows[i].sums.nll = (kNllOf[of] + 1e-3 * kKlOf[of]) * kTokens;
    noise.windows[i].sums.kl = noise.windows[i].sums.kl_reverse = kKlOf[of] * kTokens;
    baseline.windows[i].document = noise.windows[i].document = static_cast<Index>(i / 3);
  }
  const std::vector<BlockSums> sums = common_blocks({kl_figure().blocks(noise, baseline)});
  bool same_bits = true;
  for (const BlockSum& block : sums[0]) same_bits = same_bits && block.sum == sums[0][0].sum;
  EXPECT_FALSE(same_bits);
  const auto rows = read_csv(csv_of({baseline, noise}));
  ASSERT_EQ(rows.size(), 7u);
  for (const auto& row : rows) {
    for (const char* column :
         {"low", "high", "bootstrap_low", "bootstrap_high", "p", "p_holm", "p_bh"})
      EXPECT_EQ(row.at(column), "") << row.at("figure") << ' ' << column;
    EXPECT_EQ(row.at("note"), "all 10 blocks are equal") << row.at("figure");
  }
}

TEST(Statistics, SayWhyThereIsNoInterval) {
  const auto rows = read_csv(csv_of({baseline_of(3), row_of("noise", "n", {1, 2, 3})}));
  ASSERT_EQ(rows.size(), 7u);
  for (const auto& row : rows) {
    for (const char* column : {"low", "high", "bootstrap_low", "bootstrap_high", "p", "p_holm"})
      EXPECT_EQ(row.at(column), "") << column;
    EXPECT_EQ(row.at("note"), "needs 8 blocks, has 3");
  }
}

TEST(Statistics, JoinTheWindowsOfADocument) {
  ResultRow noise = row_of("noise", "n", std::vector<double>(24, 1.0));
  for (std::size_t i = 0; i < noise.windows.size(); ++i)
    noise.windows[i].document = static_cast<Index>(i / 3);
  noise.windows[0].sums.kl += 100.0;
  const auto rows = read_csv(csv_of({baseline_of(24), noise}));
  EXPECT_EQ(rows[1].at("blocks"), "8");
  EXPECT_EQ(rows[1].at("tokens"), "2400");
  EXPECT_NE(rows[1].at("low"), "");
}

TEST(Statistics, TakeOfADocumentWhatAllSeedsHave) {
  ResultRow first = row_of("noise", "n0", {1, 1, 1, 5}, 0),
            second = row_of("noise", "n1", {1, 1, 1}, 1);
  for (ResultRow* row : {&first, &second})
    for (WindowSums& window : row->windows) window.document = window.window / 2;
  const auto rows = read_csv(csv_of({baseline_of(4), first, second}));
  ASSERT_EQ(rows.size(), 7u);
  EXPECT_EQ(rows[1].at("figure"), "kl");
  EXPECT_EQ(rows[1].at("estimate"), "1");
}

TEST(Statistics, TellSeedsFromText) {
  std::vector<double> higher = kKl;
  for (double& kl : higher) kl += 1.0;
  const auto rows = read_csv(
      csv_of({baseline_of(8), row_of("noise", "n0", kKl, 0), row_of("noise", "n1", higher, 1)}));
  EXPECT_EQ(rows[1].at("seeds"), "2");
  EXPECT_EQ(rows[1].at("tokens"), "800");
  EXPECT_EQ(rows[1].at("estimate"), "2.5");
  EXPECT_NEAR(number(rows[1].at("sd_text")), 1.0, 1e-12);
  EXPECT_NEAR(number(rows[1].at("sd_seed")), std::sqrt(0.5), 1e-12);
  EXPECT_LT(number(rows[1].at("bootstrap_low")), -3.0);  // two seeds that far apart say little
}

TEST(Statistics, TakeSeedsThatChangeNothingForOne) {
  const auto rows = read_csv(
      csv_of({baseline_of(8), row_of("round", "n", kKl, 0), row_of("round", "n", kKl, 1)}));
  EXPECT_EQ(rows[1].at("seeds"), "1");
}

TEST(Statistics, AdjustThePValuesOfAModel) {
  SyntheticKl random(0.0, 0.0, 23);
  std::vector<ResultRow> rows = {baseline_of(16)};
  for (int line = 0; line < 4; ++line) {
    std::vector<double> kl;
    for (int window = 0; window < 16; ++window) kl.push_back(0.3 * line + random.normal());
    rows.push_back(row_of("noise" + std::to_string(line), std::to_string(line), kl));
  }
  ResultRow other = rows[1];  // of another model: a family of its own
  ResultRow other_baseline = rows[0];
  other.key.model = other_baseline.key.model = "other";
  rows.push_back(other_baseline);
  rows.push_back(other);
  double least = 1.0;
  for (const auto& row : read_csv(csv_of(rows))) {
    if (row.at("figure") != "delta_nll") {
      EXPECT_EQ(row.at("p"), "");
      continue;
    }
    const double p = number(row.at("p"));
    EXPECT_LE(p, number(row.at("p_bh")));
    EXPECT_LE(number(row.at("p_bh")), number(row.at("p_holm")));
    if (row.at("model") == "other") {
      EXPECT_EQ(row.at("p"), row.at("p_holm"));
    } else if (p < least) {
      least = p;
      EXPECT_NEAR(number(row.at("p_holm")), std::min(1.0, 4.0 * p), 1.0);
    }
  }
  EXPECT_LT(least, 0.05);
}

TEST(Statistics, CompareAccuraciesQuestionByQuestion) {
  ResultRow baseline = baseline_of(0), noise = row_of("noise", "n", {});
  for (Index question = 0; question < 40; ++question) {
    baseline.questions.push_back(
        {.task = "piqa", .question = question, .parts = {}, .correct = question % 2 == 0});
    noise.questions.push_back({.task = "piqa",
                               .question = question,
                               .parts = {},
                               .correct = question % 2 == 0 && question >= 8});
  }
  const auto rows = read_csv(csv_of({baseline, noise}, {{.name = "piqa"}}));
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].at("figure"), "delta_piqa_acc");
  EXPECT_EQ(rows[0].at("blocks"), "40");
  EXPECT_EQ(rows[0].at("tokens"), "");
  EXPECT_EQ(rows[0].at("estimate"), "-0.1");
  EXPECT_LT(number(rows[0].at("low")), -0.19);
  EXPECT_EQ(rows[0].at("p"), "");
}

TEST(Statistics, SayWhereFewBlocksMakeTheInterval) {
  ResultRow baseline = baseline_of(0), noise = row_of("noise", "n", {});
  for (Index question = 0; question < 200; ++question) {
    baseline.questions.push_back(
        {.task = "piqa", .question = question, .parts = {}, .correct = true});
    noise.questions.push_back(
        {.task = "piqa", .question = question, .parts = {}, .correct = question % 67 != 0});
  }
  const auto rows = read_csv(csv_of({baseline, noise}, {{.name = "piqa"}}));
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].at("note"), "only 3 of 200 blocks differ: a rough interval");
  EXPECT_NE(rows[0].at("low"), "");
  const double half = number(rows[0].at("estimate")) - number(rows[0].at("low"));
  EXPECT_GE(number(rows[0].at("bootstrap_low")), number(rows[0].at("estimate")) - 1.1 * half);
}

TEST(Statistics, LeaveOutWhatFailed) {
  ResultRow failed = row_of("noise", "n", {});
  failed.status = Status::failed;
  EXPECT_TRUE(read_csv(csv_of({baseline_of(8), failed})).empty());
  EXPECT_TRUE(read_csv(csv_of({row_of("noise", "n", kKl)})).empty());  // no baseline yet
}

TEST(Statistics, GiveAStoppedTrialTheIntervalOfTheSequence) {
  ResultRow noise = row_of("noise", "n", kKl);
  noise.key.stops = true;
  const auto rows = read_csv(csv_of({baseline_of(8), noise}));
  BlockSums blocks;
  for (const double kl : kKl) blocks.push_back({.tokens = 100.0, .sum = 100.0 * kl});
  EXPECT_NEAR(number(rows[1].at("high")), 2.0 + kl_sequence_halfwidth(blocks), 1e-12);
  for (BlockSum& block : blocks) block.sum *= 2.0;  // kl_reverse
  EXPECT_NEAR(number(rows[2].at("high")), 4.0 + kl_sequence_halfwidth(blocks), 1e-12);
  for (const auto& row : {rows[1], rows[2]}) {
    EXPECT_EQ(row.at("bootstrap_low"), "");
    EXPECT_NE(row.at("note").find("confidence sequence"), std::string::npos);
  }
  EXPECT_EQ(rows[0].at("note"), "");
}

TEST(Statistics, AreTheSameForAnyNumberOfThreads) {
  SyntheticKl random(1.5, 0.3, 31);
  std::vector<ResultRow> rows = {baseline_of(30)};
  for (int line = 0; line < 6; ++line) {
    std::vector<double> kl;
    for (int window = 0; window < 30; ++window) {
      const BlockSum block = random.block();
      kl.push_back(block.sum / block.tokens);
    }
    rows.push_back(row_of("noise" + std::to_string(line), std::to_string(line), kl));
  }
  std::vector<std::string> tables;
  for (const Index threads : {1, 3}) {
    const Threads guard(threads);
    tables.push_back(csv_of(rows));
  }
  EXPECT_EQ(tables[1], tables[0]);
}

TEST(Statistics, MeasureHowBlocksScatter) {
  std::vector<ResultRow> rows = {baseline_of(8)};
  EXPECT_FALSE(measured_spread(rows));
  rows.push_back(row_of("noise", "n", kKl));  // mean 2, standard deviation 1; nll changes by half
  const PlannedSpread spread = *measured_spread(rows);
  EXPECT_DOUBLE_EQ(spread.kl, 0.5);
  EXPECT_DOUBLE_EQ(spread.delta_nll, 0.25 * kTokens / 4.0);
}

}  // namespace
}  // namespace nf
