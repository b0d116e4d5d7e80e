#include "eval/tables/effects_csv.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>
#include <sstream>

#include "eval/analysis/statistics.h"
#include "eval/stats/confidence_sequence.h"
#include "tests/support/row_keys.h"
#include "tests/support/synthetic_kl.h"

namespace nf {
namespace {

constexpr Index kTokens = 100;

/// 16 windows, kl about `kl` per token with a spread that all rows share, nll above 3 by `nll`.
ResultRow row_of(const std::string& name, const std::string& level, double kl, double nll,
                 std::uint64_t seed = 0) {
  ResultRow row;
  row.key = {.id = name + level + std::to_string(seed),
             .name = name,
             .model = "m",
             .seed = seed,
             .vars = {{"role", level}, {"r", 0.1}},
             .design = {.kind = "pairs", .factor = "role"}};
  for (Index window = 0; window < 16; ++window) {
    const double text = window % 2 == 0 ? 0.8 : 1.2;
    row.windows.push_back({.window = window,
                           .sums = {.tokens = kTokens,
                                    .nll = (3.0 + nll * text) * kTokens,
                                    .kl = kl * text * kTokens,
                                    .top1 = 90}});
  }
  row.text = add_up(row.windows);
  return row;
}

ResultRow baseline() {
  ResultRow row = row_of("baseline", "", 0.0, 0.0);
  row.key = {.id = "b", .name = "baseline", .model = "m"};
  return row;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string effects(const std::vector<ResultRow>& rows, const std::vector<RowKey>& more = {}) {
  std::vector<RowKey> keys = keys_of(rows);
  keys.insert(keys.end(), more.begin(), more.end());
  return effects_csv(rows, keys, variables_of(rows));
}

bool begins(const std::string& line, const std::string& text) {
  return line.compare(0, text.size(), text) == 0;
}

TEST(StatisticsEffects, AreContrastsOfTheTrials) {
  const std::vector<std::string> lines = lines_of(effects(
      {baseline(), row_of("inter", "q_proj", 0.25, 1.0), row_of("inter", "k_proj", 0.5, 2.0),
       row_of("inter", "q_proj+k_proj", 1.0, 3.0), row_of("inter", "all", 0.5, 4.0)}));
  ASSERT_EQ(lines.size(), 9u);
  EXPECT_EQ(lines[0],
            "id,name,model,seed,role,r,metric,effect,a,b,estimate,low,high,blocks,note,p,p_holm,"
            "design");
  EXPECT_TRUE(begins(lines[1], "interq_proj0,inter,m,0,q_proj,0.1,kl,main,q_proj,,0.25,0.2"))
      << lines[1];
  EXPECT_TRUE(begins(lines[2], "interk_proj0,inter,m,0,k_proj,0.1,kl,main,k_proj,,0.5,0.4"))
      << lines[2];
  EXPECT_TRUE(begins(
      lines[3],
      "interq_proj+k_proj0,inter,m,0,q_proj+k_proj,0.1,kl,interaction,q_proj,k_proj,0.25,0.2"))
      << lines[3];
  EXPECT_TRUE(begins(lines[4], "interall0,inter,m,0,all,0.1,kl,additivity,,,1.5,")) << lines[4];
  EXPECT_TRUE(begins(lines[5], "interq_proj0,inter,m,0,q_proj,0.1,delta_nll,main,q_proj,,1,0.8"))
      << lines[5];
  EXPECT_TRUE(begins(
      lines[7],
      "interq_proj+k_proj0,inter,m,0,q_proj+k_proj,0.1,delta_nll,interaction,q_proj,k_proj,"))
      << lines[7];
  EXPECT_TRUE(begins(lines[8], "interall0,inter,m,0,all,0.1,delta_nll,additivity,,,0.75"))
      << lines[8];
  EXPECT_NE(lines[1].find(",16,"), std::string::npos);
}

TEST(StatisticsEffects, OfTwoLevelsTakeAllForTheirPair) {
  const std::vector<std::string> lines =
      lines_of(effects({baseline(), row_of("inter", "q_proj", 0.25, 1.0),
                        row_of("inter", "k_proj", 0.5, 2.0), row_of("inter", "all", 1.0, 4.0)}));
  ASSERT_EQ(lines.size(), 9u);
  EXPECT_TRUE(begins(lines[3], "interall0,inter,m,0,all,0.1,kl,interaction,q_proj,k_proj,0.25,0.2"))
      << lines[3];
  EXPECT_TRUE(begins(lines[4], "interall0,inter,m,0,all,0.1,kl,additivity,,,0.75,")) << lines[4];
}

/// By column, of lines without quotes.
std::map<std::string, std::string> fields_of(const std::string& header, const std::string& line) {
  std::map<std::string, std::string> fields;
  std::istringstream names(header), values(line);
  for (std::string name, value; std::getline(names, name, ',');) {
    std::getline(values, value, ',');
    fields[name] = value;
  }
  return fields;
}

/// Three levels whose interactions are as large as 0.25, 0.125 and nothing, of text that scatters.
std::vector<ResultRow> three_levels() {
  SyntheticKl random(0.0, 0.0, 47);
  std::vector<ResultRow> rows = {baseline()};
  for (const auto& [level, kl] :
       std::vector<std::pair<std::string, double>>{{"q_proj", 0.25},
                                                   {"k_proj", 0.25},
                                                   {"v_proj", 0.25},
                                                   {"q_proj+k_proj", 0.75},
                                                   {"q_proj+v_proj", 0.625},
                                                   {"k_proj+v_proj", 0.5},
                                                   {"all", 1.0}}) {
    rows.push_back(row_of("inter", level, kl, kl));
    for (WindowSums& window : rows.back().windows) {
      constexpr double kNoise = 0.05;
      window.sums.kl += kNoise * random.normal() * kTokens;
      window.sums.nll += kNoise * random.normal() * kTokens;
    }
  }
  return rows;
}

TEST(StatisticsEffects, TestInteractionsAgainstNothing) {
  const std::vector<std::string> lines = lines_of(effects(three_levels()));
  ASSERT_EQ(lines.size(), 1u + 2 * (3 + 3 + 1));
  std::map<std::string, std::vector<double>> p, p_holm;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto row = fields_of(lines[0], lines[i]);
    EXPECT_EQ(row.at("design"), "pairs");
    if (row.at("effect") != "interaction") {
      EXPECT_EQ(row.at("p") + row.at("p_holm"), "") << lines[i];
      continue;
    }
    const double own = std::stod(row.at("p"));
    const bool leaves_out_0 = std::stod(row.at("low")) > 0.0 || std::stod(row.at("high")) < 0.0;
    EXPECT_EQ(own < 0.05, leaves_out_0) << lines[i];
    p[row.at("metric")].push_back(own);
    p_holm[row.at("metric")].push_back(std::stod(row.at("p_holm")));
  }
  for (const char* metric : {"kl", "delta_nll"}) {
    ASSERT_EQ(p[metric].size(), 3u);
    // Holm over these three: the least times 3, the next times 2.
    EXPECT_LT(p[metric][0], p[metric][1]);
    EXPECT_LT(p[metric][1], p[metric][2]);
    EXPECT_DOUBLE_EQ(p_holm[metric][0], 3.0 * p[metric][0]);
    EXPECT_DOUBLE_EQ(p_holm[metric][1], 2.0 * p[metric][1]);
    EXPECT_GT(p_holm[metric][2], 0.05);
  }
}

TEST(StatisticsEffects, TestInteractionsOfStoppedTrialsByTheSequence) {
  std::vector<ResultRow> rows = three_levels();
  const std::vector<std::string> fixed = lines_of(effects(rows));
  for (std::size_t i = 1; i < rows.size(); ++i) rows[i].key.stops = true;
  const std::vector<std::string> sequence = lines_of(effects(rows));
  ASSERT_EQ(sequence.size(), fixed.size());
  Index tested = 0;
  for (std::size_t i = 1; i < fixed.size(); ++i) {
    const auto before = fields_of(fixed[0], fixed[i]), row = fields_of(fixed[0], sequence[i]);
    if (row.at("effect") != "interaction") continue;
    ++tested;
    if (row.at("metric") == "delta_nll") {
      EXPECT_EQ(row.at("p"), before.at("p"));  // no rule looked at it
      continue;
    }
    const double p = std::stod(row.at("p"));
    EXPECT_GT(p, std::stod(before.at("p"))) << sequence[i];
    const bool leaves_out_0 = std::stod(row.at("low")) > 0.0 || std::stod(row.at("high")) < 0.0;
    EXPECT_EQ(p < 0.05, leaves_out_0) << sequence[i];
  }
  EXPECT_EQ(tested, 6);
}

TEST(StatisticsEffects, AreThereOnlyWithADesignOfPairs) {
  ResultRow row = row_of("each", "q_proj", 0.2, 1.0);
  row.key.design.kind = "each";
  EXPECT_EQ(effects({baseline(), row}), "");
  EXPECT_EQ(effects({}), "");
}

TEST(StatisticsEffects, HaveTheirColumnsBeforeATrialHasRun) {
  const std::string header = lines_of(effects(three_levels()))[0];
  EXPECT_EQ(effects_csv({baseline()}, keys_of(three_levels()), {"role", "r"}), header + '\n');
}

TEST(StatisticsEffects, OfSeveralSeedsHaveNone) {
  const std::vector<std::string> lines =
      lines_of(effects({baseline(), row_of("inter", "q_proj", 0.25, 1.0, 1),
                        row_of("inter", "q_proj", 0.25, 1.0, 2)}));
  EXPECT_TRUE(begins(lines[1], "interq_proj1,inter,m,,q_proj,0.1,kl,main,q_proj,")) << lines[1];
}

TEST(StatisticsEffects, LeaveOutWhatIsNotThereYet) {
  ResultRow failed = row_of("inter", "all", 0.5, 4.0);
  failed.status = Status::failed;
  const std::vector<std::string> lines =
      lines_of(effects({baseline(), row_of("inter", "q_proj", 0.25, 1.0),
                        row_of("inter", "q_proj+k_proj", 1.0, 3.0), failed}));
  ASSERT_EQ(lines.size(), 3u);  // the main effect of q_proj in both metrics
  EXPECT_NE(lines[1].find("main,q_proj"), std::string::npos);
  EXPECT_NE(lines[2].find("main,q_proj"), std::string::npos);
}

TEST(StatisticsEffects, SayWhereARatioMeansNothing) {
  std::vector<ResultRow> rows = {
      baseline(), row_of("inter", "q_proj", 0.25, 1.0), row_of("inter", "k_proj", 0.25, 1.0),
      row_of("inter", "q_proj+k_proj", 0.5, 2.0), row_of("inter", "all", 0.5, 0.0)};
  SyntheticKl random(0.0, 0.0, 29);
  for (WindowSums& window : rows.back().windows) window.sums.nll += random.normal();
  const std::vector<std::string> lines = lines_of(effects(rows));
  EXPECT_NE(lines.back().find(",,,16,all together cannot be told from 0"), std::string::npos)
      << lines.back();
}

/// Singles of which some are in another shard, or not begun, add up to too little.
TEST(StatisticsEffects, AddUpNothingLessThanAllLevels) {
  const ResultRow q = row_of("inter", "q_proj", 0.25, 1.0), k = row_of("inter", "k_proj", 0.5, 2.0),
                  both = row_of("inter", "q_proj+k_proj", 1.0, 3.0),
                  all = row_of("inter", "all", 0.5, 4.0);
  const auto has_additivity = [](const std::string& text) {
    return text.find("additivity") != std::string::npos;
  };
  EXPECT_TRUE(has_additivity(effects({baseline(), q, k, both, all})));
  EXPECT_FALSE(has_additivity(effects({baseline(), all})));
  EXPECT_FALSE(has_additivity(effects({baseline(), k, all})));
  EXPECT_FALSE(has_additivity(effects({baseline(), k, both, all})));
  const RowKey unfinished = row_of("inter", "v_proj", 0.5, 2.0).key;
  EXPECT_FALSE(has_additivity(effects({baseline(), q, k, both, all}, {unfinished})));
}

TEST(StatisticsEffects, GiveALevelThatStoppedTheIntervalOfTheSequence) {
  ResultRow row = row_of("inter", "q_proj", 0.25, 1.0);
  const std::string fixed = lines_of(effects({baseline(), row}))[1];
  row.key.stops = true;
  const std::string sequence = lines_of(effects({baseline(), row}))[1];
  EXPECT_EQ(fixed.find("confidence sequence"), std::string::npos);
  EXPECT_NE(sequence.find("confidence sequence"), std::string::npos) << sequence;
}

TEST(StatisticsEffects, GiveWhatStoppedTrialsMakeTheIntervalOfTheSequence) {
  std::vector<ResultRow> rows = {
      baseline(), row_of("inter", "q_proj", 0.25, 1.0), row_of("inter", "k_proj", 0.5, 2.0),
      row_of("inter", "q_proj+k_proj", 1.0, 3.0), row_of("inter", "all", 0.5, 4.0)};
  rows[3].key.stops = true;
  rows[3].windows.resize(10);  // the others saw more than they can share
  rows[4].key.stops = true;
  for (WindowSums& window : rows[4].windows)
    window.sums.kl *=
        1.0 + 0.01 * static_cast<double>(window.window);  // or the ratio had no spread
  for (const std::string& line : lines_of(effects(rows))) {
    const bool of_kl = line.find(",kl,") != std::string::npos;
    const bool is_interaction = line.find("interaction") != std::string::npos;
    const bool is_contrast = is_interaction || line.find("additivity") != std::string::npos;
    EXPECT_EQ(line.find("confidence sequence") != std::string::npos, of_kl && is_contrast) << line;
    if (is_interaction) {
      EXPECT_NE(line.find(",10,"), std::string::npos) << line;
    }
  }
}

TEST(StatisticsEffects, TakeOfADocumentWhatAllHave) {
  std::vector<ResultRow> rows = {baseline(), row_of("inter", "q_proj", 0.25, 1.0),
                                 row_of("inter", "k_proj", 0.5, 2.0),
                                 row_of("inter", "q_proj+k_proj", 0.75, 3.0)};
  for (ResultRow& row : rows)
    for (WindowSums& window : row.windows) window.document = window.window / 4;
  rows[1].windows.resize(14);  // the rest of its last document is still to come
  for (const std::string& line : lines_of(effects(rows)))
    if (line.find("interaction") != std::string::npos) {
      double interaction = 1.0;
      const std::string begin = "interaction,q_proj,k_proj,";
      interaction = std::stod(line.substr(line.find(begin) + begin.size()));
      EXPECT_NEAR(interaction, 0.0, 1e-12) << line;
    }
}

/// An interaction of 0.1 between noisy trials that share their text, two draws each.
TEST(StatisticsEffects, HoldTheTruthAsOftenAsTheySay) {
  constexpr int kRuns = 300;
  constexpr double kLeast = 0.91;  // of 300 runs at 95 %: three standard errors below
  constexpr double kSpread = 0.5, kNoise = 0.02;
  const double text_mean = std::exp(kSpread * kSpread / 2.0);
  SyntheticKl random(0.0, 0.0, 31);
  int covered = 0;
  for (int run = 0; run < kRuns; ++run) {
    std::vector<double> text;
    for (int window = 0; window < 16; ++window)
      text.push_back(std::exp(kSpread * random.normal()) / text_mean);
    std::vector<ResultRow> rows = {baseline()};
    for (std::uint64_t seed = 0; seed < 2; ++seed) {
      for (const auto& [level, kl] :
           std::vector<std::pair<std::string, double>>{{"a", 0.2}, {"b", 0.3}, {"a+b", 0.6}}) {
        ResultRow& row = rows.emplace_back(row_of("inter", level, kl, 1.0, seed));
        for (std::size_t w = 0; w < text.size(); ++w)
          row.windows[w].sums.kl = kTokens * (kl * text[w] + kNoise * random.normal());
      }
    }
    for (const std::string& line : lines_of(effects(rows))) {
      if (line.find("kl,interaction") == std::string::npos) continue;
      std::vector<std::string> field;
      std::istringstream fields(line);
      for (std::string part; std::getline(fields, part, ',');) field.push_back(part);
      covered += std::stod(field[11]) <= 0.1 && 0.1 <= std::stod(field[12]) ? 1 : 0;
    }
  }
  EXPECT_GE(covered, kLeast * kRuns);
}

/// The same interaction of trials each of which ends by itself, looked at every eight windows.
TEST(StatisticsEffects, HoldTheTruthWhereTrialsStopped) {
  constexpr int kRuns = 300;
  constexpr double kLeast = 0.93;  // what is promised of intervals under a stop rule
  constexpr double kSpread = 0.5, kNoise = 0.02, kHalfWidth = 0.2;
  constexpr int kWindows = 200, kStage = 8;
  const double text_mean = std::exp(kSpread * kSpread / 2.0);
  SyntheticKl random(0.0, 0.0, 37);
  int covered = 0, fixed_covered = 0;
  std::set<std::string> lengths;
  for (int run = 0; run < kRuns; ++run) {
    std::vector<double> text;
    for (int window = 0; window < kWindows; ++window)
      text.push_back(std::exp(kSpread * random.normal()) / text_mean);
    ResultRow untouched = baseline();
    untouched.windows.clear();
    for (Index window = 0; window < kWindows; ++window)
      untouched.windows.push_back({.window = window, .sums = {.tokens = kTokens}});
    std::vector<ResultRow> rows = {untouched};
    for (const auto& [level, kl] :
         std::vector<std::pair<std::string, double>>{{"a", 0.4}, {"b", 0.5}, {"a+b", 1.0}}) {
      ResultRow& row = rows.emplace_back(row_of("inter", level, kl, 1.0));
      row.key.stops = true;
      row.windows.clear();
      BlockSums blocks;
      for (std::size_t w = 0; w < text.size(); ++w) {
        row.windows.push_back(
            {.window = static_cast<Index>(w),
             .sums = {.tokens = kTokens,
                      .kl = kTokens * (kl * text[w] + kNoise * random.normal())}});
        blocks.push_back({.tokens = kTokens, .sum = row.windows.back().sums.kl});
        if ((w + 1) % kStage == 0 && kl_sequence_halfwidth(blocks) <= kHalfWidth) break;
      }
    }
    const auto holds = [&](const std::string& csv) {
      for (const std::string& line : lines_of(csv)) {
        if (line.find("kl,interaction") == std::string::npos) continue;
        std::vector<std::string> field;
        std::istringstream fields(line);
        for (std::string part; std::getline(fields, part, ',');) field.push_back(part);
        lengths.insert(field[13]);
        return std::stod(field[11]) <= 0.1 && 0.1 <= std::stod(field[12]) ? 1 : 0;
      }
      return 0;
    };
    covered += holds(effects(rows));
    for (ResultRow& row : rows) row.key.stops = false;
    fixed_covered += holds(effects(rows));
  }
  EXPECT_GE(covered, kLeast * kRuns);
  EXPECT_GT(covered, fixed_covered);
  EXPECT_GT(lengths.size(), 2u);  // they do stop, and not all at one place
}

}  // namespace
}  // namespace nf
