#include "eval/predict/league.h"

#include <gtest/gtest.h>

#include <random>

#include "core/base/error.h"
#include "eval/stats/least_squares.h"
#include "eval/tables/league_csv.h"
#include "eval/tables/league_sentences.h"
#include "eval/tables/league_table.h"
#include "tests/support/league_support.h"

namespace nf {
namespace {

const std::vector<std::string> kPredictors = {"relative_l2", "output_error", "bias", "kurtosis"};

/// Trials whose size, output error, bias and kurtosis are drawn: size and output error have much in
/// common, the others nothing. damage: the logarithm of KL by these logarithms.
template <typename Damage>
std::vector<PlantedTrial> drawn_trials(Index names, std::uint64_t seed, const Damage& damage) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  std::vector<PlantedTrial> trials;
  for (Index i = 0; i < names; ++i) {
    const double size = normal(random), output = 0.8 * size + 0.6 * normal(random);
    const double bias = normal(random), kurtosis = normal(random);
    trials.push_back({.name = "t" + std::to_string(i),
                      .figures = {{"relative_l2", std::exp(size)},
                                  {"output_error", std::exp(output)},
                                  {"bias", std::exp(bias)},
                                  {"kurtosis", std::exp(kurtosis)}},
                      .kl = 0.01 * std::exp(damage(size, output, bias) + 0.1 * normal(random))});
  }
  return trials;
}

TEST(League, DamageThatIsSizeIsAttributedToSize) {
  const auto trials = drawn_trials(40, 1, [](double size, double, double) { return size; });
  const League league =
      planted_league({planted_run(trials, 0.05)}, planted_predictors(kPredictors));
  for (const char* name : {"output_error", "bias", "kurtosis"}) {
    EXPECT_GT(*league_entry(league, name).p_holm, 0.05) << name;
    EXPECT_LT(*league_entry(league, name).association.p_against_size, 0.001) << name;
  }
  const auto said = league_sentences(league, "m", league.targets.front());
  EXPECT_EQ(said[0].find("relative_l2 orders them best: 0.99"), 0u) << said[0];
  EXPECT_EQ(said[1], "at equal size no predictor is shown to say anything");
}

TEST(League, DamageThatIsOutputErrorIsAttributedToOutputError) {
  const auto trials = drawn_trials(40, 2, [](double, double output, double) { return output; });
  const League league =
      planted_league({planted_run(trials, 0.05)}, planted_predictors(kPredictors));
  const LeagueEntry& output = league_entry(league, "output_error");
  EXPECT_GT(*output.association.spearman, 0.97);
  EXPECT_LT(*output.p_holm, 0.001);
  EXPECT_LT(*output.p_against_holm, 0.001);
  EXPECT_GT(*output.ceiling, 0.99);
  EXPECT_GT(*output.association.r2, 0.97);
  const auto said = league_sentences(league, "m", league.targets.front());
  EXPECT_EQ(said[0].find("output_error orders them best: 0.99"), 0u) << said[0];
  EXPECT_NE(said[0].find("; better than relative_l2 (0."), std::string::npos) << said[0];
  EXPECT_EQ(said[1].find("at equal size damage goes with output_error 0.9"), 0u) << said[1];
}

TEST(League, DamageThatIsSizeAndBiasIsAttributedToBoth) {
  const auto trials =
      drawn_trials(40, 3, [](double size, double, double bias) { return 2.0 * size + bias; });
  const League league =
      planted_league({planted_run(trials, 0.05)}, planted_predictors(kPredictors));
  EXPECT_LT(*league_entry(league, "bias").p_holm, 0.001);
  EXPECT_GT(*league_entry(league, "output_error").p_holm, 0.05);
  EXPECT_GT(*league_entry(league, "kurtosis").p_holm, 0.05);
  const LeagueEntry& pair = league_entry(league, "bias+relative_l2");
  EXPECT_GT(*pair.association.r2, 0.98);
  EXPECT_GT(*pair.association.spearman, 0.98);
  EXPECT_FALSE(pair.association.p);
  EXPECT_EQ(pair.note, "of 6 pairs the one with the greatest R²");
  EXPECT_LT(*league_entry(league, "relative_l2").association.r2, 0.9);
}

/// Levels: noise of three families, whose damage lies on two lines.
TEST(League, LeftOutLevelsAreHeldAgainstTheOthersMean) {
  std::vector<PlantedTrial> trials;
  const std::vector<std::string> families = {"gaussian", "laplace", "clip", ""};
  for (int i = 0; i < 24; ++i) {
    const std::string& family = families[static_cast<std::size_t>(i % 4)];
    const double size = 0.01 * (i + 1);
    Json entry = {{"tensor", "weight"}};
    if (family.empty())
      entry.update({{"grid", "uniform"}, {"method", "gptq"}});
    else
      entry["noise"] = family;
    trials.push_back({.name = "t" + std::to_string(i),
                      .figures = {{"relative_l2", size}},
                      .kl = (family == "clip" ? 3.0 : 1.0) * size * (1.0 + 0.1 * (i % 3)),
                      .entries = Json::array({entry})});
  }
  const League league = planted_league({planted_run(trials)}, planted_predictors({"relative_l2"}));
  const LeagueEntry& size = league_entry(league, "relative_l2");
  ASSERT_EQ(size.left_out.size(), 1u);  // gptq is the only method
  EXPECT_EQ(size.left_out[0].factor, "noise_family");
  double by_fit = 0.0, by_mean = 0.0;
  for (std::size_t level = 0; level < 3; ++level) {
    double n = 0.0, x = 0.0, y = 0.0, xx = 0.0, xy = 0.0;
    for (std::size_t i = 0; i < trials.size(); ++i) {
      if (i % 4 == level) continue;
      const double lx = std::log(trials[i].figures.at("relative_l2"));
      const double ly = std::log(trials[i].kl);
      n += 1.0;
      x += lx;
      y += ly;
      xx += lx * lx;
      xy += lx * ly;
    }
    const double slope = (xy - x * y / n) / (xx - x * x / n);
    for (std::size_t i = level; i < trials.size(); i += 4) {
      const double lx = std::log(trials[i].figures.at("relative_l2"));
      const double ly = std::log(trials[i].kl);
      by_fit += std::pow(ly - (y / n + slope * (lx - x / n)), 2);
      by_mean += std::pow(ly - y / n, 2);
    }
  }
  // The windows' hardness shifts every logarithm alike.
  EXPECT_NEAR(*size.left_out[0].r2, 1.0 - by_fit / by_mean, 1e-9);
}

TEST(League, NamesTooFewHaveNoIntervalAndSayWhy) {
  std::vector<PlantedTrial> trials;
  for (int i = 0; i < 30; ++i)
    trials.push_back({.name = "sweep" + std::to_string(i % 3),
                      .figures = {{"relative_l2", 0.01 * (i + 1)}},
                      .kl = 0.1 * (i + 1)});
  const League league = planted_league({planted_run(trials)}, planted_predictors({"relative_l2"}));
  const LeagueEntry& size = league_entry(league, "relative_l2");
  EXPECT_EQ(size.association.spearman, 1.0);
  EXPECT_FALSE(size.association.spearman_interval);
  EXPECT_EQ(size.note, "no interval: needs 8 names of trials, has 3");
}

TEST(League, TrialsOfEachAreResampledByTheirPlaceWhereNamesAreFew) {
  std::vector<PlantedTrial> trials;
  for (int i = 0; i < 36; ++i)
    trials.push_back({.name = "kind" + std::to_string(i / 12),
                      .figures = {{"relative_l2", 0.01 * (1 + i % 7)}},
                      .kl = 0.1 * (1 + (i + i / 5) % 7),
                      .vars = {{"layer", i % 12}}});
  const League league = planted_league({planted_run(trials)}, planted_predictors({"relative_l2"}));
  const LeagueEntry& size = league_entry(league, "relative_l2");
  EXPECT_TRUE(size.association.spearman_interval);
  EXPECT_EQ(size.association.clusters, 12);
  EXPECT_EQ(size.note, "resampled by layer and role, of 3 names");
  ASSERT_EQ(size.left_out.size(), 1u);
  EXPECT_EQ(size.left_out[0].factor, "layer");
}

/// A predictor that has learned all outcomes by heart, but knows nothing of those that it may not
/// look at.
TEST(League, WhatLearnsFromOutcomesNeverKnowsItsOwn) {
  PredictorRegistry registry = planted_predictors({"relative_l2"});
  registry.add({.name = "memory",
                .formula = "",
                .source = "",
                .unit = "",
                .fitted = true,
                .make = [](const PredictorEvidence& evidence) -> RowPredictor {
                  std::map<std::string, double> known;
                  for (const ResultRow* row : evidence.training)
                    known[row->key.id] = row->text.sums.kl;
                  return [known](const ResultRow& row) -> std::optional<double> {
                    const auto found = known.find(row.key.id);
                    return found == known.end() ? 1.0 : found->second;
                  };
                }});
  const auto trials = drawn_trials(20, 5, [](double size, double, double) { return size; });
  const League league = planted_league({planted_run(trials)}, registry);
  for (const LeagueEntry& entry : league.entries) EXPECT_NE(entry.predictor, "memory");
}

TEST(League, RunsOfOneModelAreTakenTogetherAndOthersApart) {
  const auto damage = [](double size, double, double) { return size; };
  auto trials = drawn_trials(24, 6, damage);
  const std::vector<PlantedTrial> half(trials.begin(), trials.begin() + 12);
  std::vector<PlantedTrial> others = drawn_trials(12, 7, damage);
  for (PlantedTrial& trial : others) trial.model = "n";
  const LeagueRun whole = planted_run(trials), part = planted_run(half),
                  other = planted_run(others);
  const League league =
      planted_league({part, whole, other}, planted_predictors({"relative_l2", "bias"}));
  EXPECT_EQ(league_entry(league, "relative_l2").association.trials, 24);  // none counts twice
  const LeagueEntry& of_other = league_entry(league, "relative_l2", "all", "n");
  EXPECT_EQ(of_other.association.trials, 12);
  ASSERT_EQ(of_other.left_out.size(), 1u);
  EXPECT_EQ(of_other.left_out[0].factor, "model");
  EXPECT_GT(*of_other.left_out[0].r2, 0.9);  // as KL goes with size on m, so it does on n
}

TEST(League, ModelsOfOneNameWithOtherTextAreToldApart) {
  const auto trials = drawn_trials(10, 8, [](double size, double, double) { return size; });
  LeagueRun one = planted_run(trials), two = planted_run(trials, 0.0, "other");
  one.models = {{.model = "m", .model_hash = "h", .data_hash = "1"}};
  two.models = {{.model = "m", .model_hash = "h", .data_hash = "2"}};
  const League league = planted_league({one, two}, planted_predictors({"relative_l2"}));
  EXPECT_EQ(league_entry(league, "relative_l2", "all", "m (other)").association.trials, 10);
}

TEST(League, ZonesAreCutAtTheMedianOfKl) {
  const auto trials = drawn_trials(21, 9, [](double size, double, double) { return size; });
  const League league = planted_league({planted_run(trials)}, planted_predictors({"relative_l2"}));
  EXPECT_EQ(league_entry(league, "relative_l2", "near").association.trials, 10);
  EXPECT_EQ(league_entry(league, "relative_l2", "far").association.trials, 11);
}

TEST(League, ItsFileHasARowForEachFactorLeftOut) {
  const auto trials = drawn_trials(20, 10, [](double size, double, double) { return size; });
  const League league =
      planted_league({planted_run(trials)}, planted_predictors({"relative_l2", "bias"}));
  const ValueTable table = league_values(league);
  EXPECT_EQ(table.columns.size(), 21u);
  ASSERT_EQ(table.rows.size(), 3u * 2u);  // no pair of two: there is one pair alone
  for (const auto& row : table.rows) EXPECT_EQ(row.size(), table.columns.size());
  EXPECT_EQ(table.rows[0][1], "relative_l2");
  EXPECT_TRUE(table.rows[0][15].is_null());
}

TEST(League, PrintsATableAndWhatItSays) {
  const auto trials = drawn_trials(40, 2, [](double, double output, double) { return output; });
  const League league =
      planted_league({planted_run(trials, 0.05)}, planted_predictors(kPredictors));
  const std::string text = league_table(league, 0, TableFormat::table);
  EXPECT_NE(text.find("m: KL of 40 trials, ceiling 0.99"), std::string::npos) << text;
  EXPECT_NE(text.find("m: KL: output_error orders them best: "), std::string::npos) << text;
  RecordProperty("table", text);
}

TEST(League, SaysThatThereIsNothingToRank) {
  LeagueRun run = planted_run({});
  EXPECT_THROW(gather_league_trials({run}), ConfigError);
  EXPECT_THROW(league_target("kll"), ConfigError);
}

}  // namespace
}  // namespace nf
