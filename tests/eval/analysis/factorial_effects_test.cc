/// effects.csv of `factorial` designs, through effects_csv().

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>
#include <sstream>

#include "eval/analysis/statistics.h"
#include "eval/design/factorial.h"
#include "eval/tables/effects_csv.h"
#include "tests/support/row_keys.h"
#include "tests/support/synthetic_kl.h"

namespace nf {
namespace {

constexpr Index kTokens = 100;
constexpr double kRounding = 1e-9;  // of sums of up to 63 trials about 1

const std::vector<std::string> kRoles = {"q_proj",    "k_proj",  "v_proj",   "o_proj",
                                         "gate_proj", "up_proj", "down_proj"};

/// Is level j on, j as in kRoles.
using On = std::vector<bool>;
/// The metric of a trial, of one token.
using Response = std::function<double(const On&)>;

ResultRow baseline(Index windows = 16) {
  ResultRow row;
  row.key = {.id = "b", .name = "baseline", .model = "m"};
  for (Index window = 0; window < windows; ++window)
    row.windows.push_back({.window = window, .sums = {.tokens = kTokens, .nll = 3.0 * kTokens}});
  row.text = add_up(row.windows);
  return row;
}

ResultRow row_of(const std::string& level, Index resolution, double kl, double nll,
                 std::uint64_t seed = 0) {
  ResultRow row = baseline();
  row.key = {.id = level + std::to_string(seed),
             .name = "f",
             .model = "m",
             .seed = seed,
             .vars = {{"r", 0.1}, {"role", level}},
             .design = {.kind = "factorial", .factor = "role", .resolution = resolution}};
  for (WindowSums& window : row.windows) {
    const double text = window.window % 2 == 0 ? 0.8 : 1.2;
    window.sums.kl = kl * text * kTokens;
    window.sums.nll += nll * text * kTokens;
  }
  row.text = add_up(row.windows);
  return row;
}

/// The trials of a design of the first `levels` roles, in their order.
std::vector<ResultRow> rows_of(std::size_t levels, Index resolution, const Response& kl,
                               const Response& nll, std::uint64_t seed = 0) {
  const FactorialDesign design = factorial_design(static_cast<Index>(levels), resolution).value();
  std::vector<ResultRow> rows;
  for (Index run = 1; run < design.runs; ++run) {
    std::vector<std::string> names;
    On on(levels, false);
    for (std::size_t j = 0; j < levels; ++j) {
      on[j] = design.is_on(static_cast<Index>(j), run);
      if (on[j]) names.push_back(kRoles[j]);
    }
    const std::string level =
        names.size() == levels ? "all" : fmt::format("{}", fmt::join(names, "+"));
    rows.push_back(row_of(level, resolution, kl(on), nll(on), seed));
  }
  return rows;
}

std::vector<ResultRow> with_baseline(std::vector<ResultRow> rows) {
  rows.insert(rows.begin(), baseline());
  return rows;
}

using Row = std::map<std::string, std::string>;

std::string csv_of(const std::vector<ResultRow>& rows, std::vector<RowKey> keys) {
  for (const RowKey& key : keys_of(rows)) keys.push_back(key);
  return effects_csv(rows, keys, variables_of(rows));
}

std::vector<Row> effects(const std::vector<ResultRow>& rows, const std::vector<RowKey>& keys = {}) {
  std::istringstream lines(csv_of(rows, keys));
  const auto fields = [](const std::string& line) {
    std::vector<std::string> parts;
    std::istringstream stream(line + ",");
    for (std::string part; std::getline(stream, part, ',');) parts.push_back(part);
    return parts;
  };
  std::string line;
  std::getline(lines, line);
  const std::vector<std::string> columns = fields(line);
  std::vector<Row> result;
  while (std::getline(lines, line)) {
    // A note may hold a comma and stands last.
    const std::vector<std::string> values = fields(line);
    Row& row = result.emplace_back();
    for (std::size_t i = 0; i < columns.size(); ++i) row[columns[i]] = values[i];
  }
  return result;
}

double value(const std::vector<Row>& rows, const std::string& metric, const std::string& effect,
             const std::string& a = "", const std::string& b = "") {
  for (const Row& row : rows)
    if (row.at("metric") == metric && row.at("effect") == effect && row.at("a") == a &&
        row.at("b") == b)
      return std::stod(row.at("estimate"));
  ADD_FAILURE() << "no " << metric << " " << effect << " " << a << " " << b;
  return 0.0;
}

/// Each level adds its own, and each two a little more.
struct Known {
  std::vector<double> single = {0.5, 0.25, 1.0, 2.0, 0.125, 0.75, 1.5};
  static double pair(std::size_t a, std::size_t b) {
    return 0.01 * static_cast<double>((a + 1) * (b + 2)) - 0.1;
  }
  double operator()(const On& on) const {
    double sum = 0.0;
    for (std::size_t a = 0; a < on.size(); ++a) {
      if (!on[a]) continue;
      sum += single[a];
      for (std::size_t b = a + 1; b < on.size(); ++b) sum += on[b] ? pair(a, b) : 0.0;
    }
    return sum;
  }
};

TEST(FactorialEffects, AreThoseOfAResponseOfPairs) {
  const Known known;
  const auto twice = [&](const On& on) { return 2.0 * known(on); };
  for (std::size_t levels = 2; levels <= kRoles.size(); ++levels) {
    const std::vector<Row> rows = effects(with_baseline(rows_of(levels, 5, known, twice)));
    double singles = 0.0, mains = 0.0;
    std::vector<std::string> mains_in_order;
    for (const Row& row : rows)
      if (row.at("metric") == "kl" && row.at("effect") == "main")
        mains_in_order.push_back(row.at("a"));
    EXPECT_EQ(mains_in_order, std::vector<std::string>(
                                  kRoles.begin(), kRoles.begin() + std::ssize(mains_in_order)));
    EXPECT_EQ(rows.size(), 2 * (levels + levels * (levels - 1) / 2 + 1));
    for (std::size_t a = 0; a < levels; ++a) {
      double main = known.single[a];
      for (std::size_t b = 0; b < levels; ++b)
        if (b != a) main += 0.5 * Known::pair(std::min(a, b), std::max(a, b));
      EXPECT_NEAR(value(rows, "kl", "main", kRoles[a]), main, kRounding);
      EXPECT_NEAR(value(rows, "delta_nll", "main", kRoles[a]), 2.0 * main, kRounding);
      singles += known.single[a];
      mains += main;
      for (std::size_t b = a + 1; b < levels; ++b) {
        EXPECT_NEAR(value(rows, "kl", "interaction", kRoles[a], kRoles[b]), Known::pair(a, b),
                    kRounding);
      }
    }
    EXPECT_NEAR(mains, known(On(levels, true)), kRounding);
    EXPECT_NEAR(value(rows, "kl", "additivity"), singles / mains, kRounding);
    EXPECT_NEAR(value(rows, "delta_nll", "additivity"), singles / mains, kRounding);
  }
}

/// The rows that effects.csv has of a `pairs` design mean the same, where nothing goes beyond
/// pairs.
TEST(FactorialEffects, MeanWhatThoseOfPairsMean) {
  const Known known;
  std::vector<ResultRow> pairs = {baseline()};
  const auto add = [&](const std::string& level, const On& on) {
    pairs.push_back(row_of(level, 0, known(on), known(on)));
    pairs.back().key.design.kind = "pairs";
  };
  for (std::size_t a = 0; a < 4; ++a) {
    On on(4, false);
    on[a] = true;
    add(kRoles[a], on);
    for (std::size_t b = a + 1; b < 4; ++b) {
      On both = on;
      both[b] = true;
      add(kRoles[a] + "+" + kRoles[b], both);
    }
  }
  add("all", On(4, true));
  const std::vector<Row> of_pairs = effects(pairs);
  const std::vector<Row> rows = effects(with_baseline(rows_of(4, 5, known, known)));
  EXPECT_NEAR(value(rows, "kl", "interaction", kRoles[1], kRoles[3]),
              value(of_pairs, "kl", "interaction", kRoles[1], kRoles[3]), kRounding);
  EXPECT_NEAR(value(rows, "kl", "additivity"), value(of_pairs, "kl", "additivity"), kRounding);
}

TEST(FactorialEffects, OfResolutionFourAreMainEffectsClearOfPairs) {
  const auto response = [](const On& on) {
    return (on[0] ? 1.0 : 0.0) + (on[2] ? 0.5 : 0.0) + (on[1] && on[3] ? 64.0 : 0.0);
  };
  const std::vector<ResultRow> trials = rows_of(4, 4, response, response);
  ASSERT_EQ(trials.size(), 7u);
  const std::vector<Row> rows = effects(with_baseline(trials));
  EXPECT_EQ(rows.size(), 8u);
  const double expected[] = {1.0, 32.0, 0.5, 32.0};
  for (std::size_t a = 0; a < 4; ++a)
    EXPECT_NEAR(value(rows, "kl", "main", kRoles[a]), expected[a], kRounding) << a;
  for (const Row& row : rows) EXPECT_EQ(row.at("effect"), "main");
}

TEST(FactorialEffects, TakeResolutionFromTheTrialsNotFromTheirNumber) {
  // Three levels: either way all eight runs.
  const Known known;
  EXPECT_EQ(effects(with_baseline(rows_of(3, 4, known, known))).size(), 6u);
  EXPECT_EQ(effects(with_baseline(rows_of(3, 5, known, known))).size(), 14u);
}

TEST(FactorialEffects, NameTheirDesignAndTestInteractions) {
  const Known known;
  for (const Row& row : effects(with_baseline(rows_of(3, 5, known, known)))) {
    EXPECT_EQ(row.at("design"), "factorial");
    EXPECT_EQ(row.at("p").empty(), row.at("effect") != "interaction");
    EXPECT_EQ(row.at("p_holm").empty(), row.at("effect") != "interaction");
  }
}

TEST(FactorialEffects, SayWhichTrialsAreMissing) {
  const Known known;
  const std::vector<ResultRow> whole = rows_of(5, 5, known, known);
  ASSERT_EQ(whole.size(), 15u);
  std::vector<RowKey> keys;
  for (const ResultRow& row : whole) keys.push_back(row.key);
  const auto expect_none = [&](const std::vector<ResultRow>& rows, const std::string& note) {
    const std::vector<Row> said = effects(with_baseline(rows), keys);
    ASSERT_EQ(said.size(), 2 * 5u);
    for (std::size_t i = 0; i < said.size(); ++i) {
      EXPECT_EQ(said[i].at("effect"), "main");
      EXPECT_EQ(said[i].at("a"), kRoles[i % 5]);
      EXPECT_EQ(said[i].at("estimate"), "");
      EXPECT_EQ(said[i].at("low"), "");
      EXPECT_EQ(said[i].at("note"), note);
    }
  };
  // The first seven are a design of their own, of the levels that they have.
  expect_none({whole.begin(), whole.begin() + 7}, "\"needs all 15 trials");
  std::vector<ResultRow> failed = whole;
  failed[9].status = Status::failed;
  expect_none(failed, "\"needs all 15 trials");
  EXPECT_NE(csv_of(with_baseline(failed), keys).find("\"needs all 15 trials, has 14\""),
            std::string::npos);
  EXPECT_EQ(effects(with_baseline(whole), keys).size(), 2 * (5u + 10u + 1u));
}

TEST(FactorialEffects, CountTheSeedsThatHaveAllTrials) {
  const Known known;
  const auto more = [&](const On& on) { return 1.5 * known(on); };
  std::vector<ResultRow> rows = with_baseline(rows_of(3, 5, known, known, 0));
  const std::vector<ResultRow> second = rows_of(3, 5, more, more, 1);
  rows.insert(rows.end(), second.begin(), second.end() - 1);
  EXPECT_NEAR(value(effects(rows), "kl", "main", kRoles[0]),
              value(effects(with_baseline(rows_of(3, 5, known, known))), "kl", "main", kRoles[0]),
              kRounding);
  rows.push_back(second.back());
  EXPECT_NEAR(
      value(effects(rows), "kl", "main", kRoles[0]),
      1.25 * value(effects(with_baseline(rows_of(3, 5, known, known))), "kl", "main", kRoles[0]),
      kRounding);
}

TEST(FactorialEffects, SayWhereARatioMeansNothing) {
  SyntheticKl random(0.0, 0.0, 41);
  std::vector<ResultRow> rows =
      with_baseline(rows_of(3, 5, Known(), [](const On&) { return 0.0; }));
  for (std::size_t i = 1; i < rows.size(); ++i)
    for (WindowSums& window : rows[i].windows) window.sums.nll += random.normal();
  const Row last = effects(rows).back();
  EXPECT_EQ(last.at("effect"), "additivity");
  EXPECT_EQ(last.at("low"), "");
  EXPECT_EQ(last.at("note"), "the sum of the main effects cannot be told from 0");
}

TEST(FactorialEffects, KeepSweepPointsApart) {
  const Known known;
  const auto twice = [&](const On& on) { return 2.0 * known(on); };
  std::vector<ResultRow> rows = with_baseline(rows_of(3, 5, known, known));
  for (ResultRow row : rows_of(3, 5, twice, twice)) {
    row.key.vars["r"] = 0.2;
    row.key.id += "r";
    rows.push_back(row);
  }
  const std::vector<Row> both = effects(rows);
  ASSERT_EQ(both.size(), 2 * 14u);
  EXPECT_EQ(both.front().at("r"), "0.1");
  EXPECT_EQ(both.back().at("r"), "0.2");
  EXPECT_NEAR(std::stod(both[14].at("estimate")), 2.0 * std::stod(both[0].at("estimate")),
              kRounding);
}

TEST(FactorialEffects, OfStoppedTrialsHaveTheIntervalOfTheSequence) {
  const Known known;
  std::vector<ResultRow> rows = with_baseline(rows_of(3, 5, known, known));
  const std::vector<Row> fixed = effects(rows);
  for (ResultRow& row : rows) row.key.stops = row.key.name != "baseline";
  rows[3].windows.resize(12);  // the first to stop
  const std::vector<Row> sequence = effects(rows);
  ASSERT_EQ(sequence.size(), fixed.size());
  for (std::size_t i = 0; i < fixed.size(); ++i) {
    const bool is_kl = fixed[i].at("metric") == "kl";
    // A ratio of what goes in step has no error at all, in this text.
    const bool is_ratio = fixed[i].at("effect") == "additivity";
    EXPECT_EQ(sequence[i].at("note").find("confidence sequence") != std::string::npos,
              is_kl && !is_ratio);
    EXPECT_EQ(sequence[i].at("blocks"), "12");
    EXPECT_EQ(fixed[i].at("note"), is_ratio ? "all 16 blocks are equal" : "");
    EXPECT_NEAR(std::stod(sequence[i].at("estimate")), std::stod(fixed[i].at("estimate")),
                kRounding);
    if (is_kl && !is_ratio) {
      EXPECT_GT(std::stod(sequence[i].at("high")), std::stod(fixed[i].at("high")));
    }
  }
}

/// 0.1 is the interaction of two noisy levels in each of their two backgrounds; the trials share
/// their text and have two draws each.
TEST(FactorialEffects, HoldTheTruthAsOftenAsTheySay) {
  constexpr int kRuns = 300;
  constexpr double kLeast = 0.91;  // of 300 runs at 95 %: three standard errors below
  constexpr double kSpread = 0.5, kNoise = 0.02;
  const double text_mean = std::exp(kSpread * kSpread / 2.0);
  const auto response = [](const On& on) {
    return (on[0] ? 0.2 : 0.0) + (on[1] ? 0.3 : 0.0) + (on[2] ? 0.4 : 0.0) +
           (on[0] && on[1] ? 0.1 : 0.0);
  };
  const std::vector<ResultRow> trials[] = {rows_of(3, 5, response, response, 0),
                                           rows_of(3, 5, response, response, 1)};
  SyntheticKl random(0.0, 0.0, 43);
  int interaction = 0, main = 0;
  for (int run = 0; run < kRuns; ++run) {
    std::vector<double> text;
    for (int window = 0; window < 16; ++window)
      text.push_back(std::exp(kSpread * random.normal()) / text_mean);
    std::vector<ResultRow> rows = {baseline()};
    for (const std::vector<ResultRow>& of_seed : trials) {
      for (const ResultRow& trial : of_seed) {
        ResultRow& row = rows.emplace_back(trial);
        for (std::size_t w = 0; w < text.size(); ++w) {
          const double kl = row.windows[w].sums.kl / kTokens / (w % 2 == 0 ? 0.8 : 1.2);
          row.windows[w].sums.kl = kTokens * (kl * text[w] + kNoise * random.normal());
        }
      }
    }
    for (const Row& row : effects(rows)) {
      if (row.at("metric") != "kl") continue;
      const auto holds = [&row](double truth) {
        return std::stod(row.at("low")) <= truth && truth <= std::stod(row.at("high")) ? 1 : 0;
      };
      if (row.at("effect") == "interaction" && row.at("b") == kRoles[1]) interaction += holds(0.1);
      if (row.at("effect") == "main" && row.at("a") == kRoles[2]) main += holds(0.4);
    }
  }
  EXPECT_GE(interaction, kLeast * kRuns);
  EXPECT_GE(main, kLeast * kRuns);
}

}  // namespace
}  // namespace nf
