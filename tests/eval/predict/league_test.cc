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
  EXPECT_EQ(said[0].find("relative_l2 orders the 40 trials best of 4 predictors: 0.99"), 0u)
      << said[0];
  EXPECT_EQ(said[1], "at equal size none of 3 predictors is shown to say anything (Holm)");
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
  EXPECT_EQ(said[0].find("output_error orders the 40 trials best of 4 predictors: 0.99"), 0u)
      << said[0];
  EXPECT_NE(said[0].find(", where a perfect predictor would reach about 0.99"), std::string::npos)
      << said[0];
  EXPECT_NE(said[0].find("; better than relative_l2 (0."), std::string::npos) << said[0];
  EXPECT_EQ(said[1].find("at equal size KL rises with output_error (0.9"), 0u) << said[1];
  EXPECT_NE(said[1].find(" (of 3 tested, Holm)"), std::string::npos) << said[1];
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
  EXPECT_EQ(pair.note,
            "of 6 pairs the one with the greatest R², in r2_left_out the one without that level");
  const auto said = league_sentences(league, "m", league.targets.front());
  EXPECT_NE(said[2].find("; bias+relative_l2 (best of 6 pairs) 0.99"), std::string::npos)
      << said[2];
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
  EXPECT_NE(text.find("m: KL of 40 trials, reliability 0.99"), std::string::npos) << text;
  EXPECT_NE(text.find("m: KL: output_error orders the 40 trials best of 4 predictors: "),
            std::string::npos)
      << text;
  RecordProperty("table", text);
}

/// A figure of some trials alone, in perfect order there.
TEST(League, FewTrialsInOrderWinNothing) {
  auto trials = drawn_trials(60, 11, [](double size, double, double) { return size; });
  for (std::size_t t = 0; t < 24; ++t) trials[t].figures["some"] = trials[t].kl;
  for (std::size_t t = 0; t < 3; ++t) trials[t].figures["three"] = trials[t].kl;
  const League league = planted_league(
      {planted_run(trials, 0.05)}, planted_predictors({"relative_l2", "bias", "some", "three"}));
  EXPECT_EQ(league_table_of(league, "m", "kl", "all").front()->predictor, "three");
  const auto said = league_sentences(league, "m", league.targets.front());
  EXPECT_EQ(said[0].find("relative_l2 orders the 60 trials best of 2 predictors: "), 0u) << said[0];
  EXPECT_EQ(said[1].find("not ranked, with a figure of too few of the trials: three (3 trials: "
                         "1.00), some (24 trials: 0.99"),
            0u)
      << said[1];
  for (const std::string& sentence : said)
    EXPECT_EQ(sentence.find("R² of ln(KL): some"), std::string::npos) << sentence;
}

/// Some 24 of 60 trials are ordered by their size perfectly and by the other figure well, the rest
/// by size badly: over its own trials the figure stands higher than the size over all.
TEST(League, OrderOnOtherTrialsMakesNothingBetterThanSize) {
  std::vector<PlantedTrial> trials;
  for (int i = 0; i < 60; ++i) {
    const double kl = 0.01 * (1 + i);
    PlantedTrial trial{.name = "t" + std::to_string(i), .kl = kl};
    const bool has = i % 5 < 2;
    trial.figures["relative_l2"] = has ? kl : 0.01 * (1 + (37 * i) % 60);
    if (has) trial.figures["other"] = kl * (i % 4 == 0 ? 1.35 : 1.0);
    trials.push_back(trial);
  }
  const League league =
      planted_league({planted_run(trials)}, planted_predictors({"relative_l2", "other"}));
  const RankAssociation& other = league_entry(league, "other").association;
  EXPECT_GT(*other.spearman, *league_entry(league, "relative_l2").association.spearman);
  EXPECT_EQ(other.shared_trials, 24);
  EXPECT_NEAR(*other.size_spearman, 1.0, 1e-12);
  EXPECT_FALSE(other.is_beyond_size());
  EXPECT_LT(*other.p_against_size, 0.05);
  for (const std::string& sentence : league_sentences(league, "m", league.targets.front()))
    EXPECT_EQ(sentence.find("better than relative_l2 (0"), std::string::npos) << sentence;
}

/// cosine falls where damage grows; here it does not.
TEST(League, SaysWhichWayTheDamageGoesWithWhatShouldFall) {
  PredictorRegistry registry = planted_predictors({"relative_l2"});
  const PredictorRegistry other = planted_predictors({"cosine"});
  Predictor cosine = other.predictors().front();
  cosine.falls_with_damage = true;
  registry.add(cosine);
  std::vector<PlantedTrial> trials =
      drawn_trials(30, 12, [](double, double, double bias) { return bias; });
  for (PlantedTrial& trial : trials) trial.figures["cosine"] = trial.figures["bias"];
  const League rising = planted_league({planted_run(trials)}, registry);
  EXPECT_LT(*league_entry(rising, "cosine").association.spearman, -0.9);
  auto said = league_sentences(rising, "m", rising.targets.front());
  EXPECT_NE(said[0].find(", the more of it the more KL"), std::string::npos) << said[0];
  EXPECT_EQ(said[1].find("at equal size KL rises with cosine (0.9"), 0u) << said[1];
  for (PlantedTrial& trial : trials) trial.figures["cosine"] = 1.0 / trial.figures["bias"];
  const League falling = planted_league({planted_run(trials)}, registry);
  said = league_sentences(falling, "m", falling.targets.front());
  EXPECT_EQ(said[0].find("the more of it"), std::string::npos) << said[0];
  EXPECT_EQ(said[1].find("at equal size KL falls with cosine (0.9"), 0u) << said[1];
}

/// Size stands in the denominator of KL/r².
TEST(League, HoldsNothingAgainstTheSizeInTheTargetItself) {
  const auto damage = [](double, double output, double) { return output; };
  League league = planted_league({planted_run(drawn_trials(40, 2, damage), 0.05)},
                                 planted_predictors(kPredictors));
  LeagueTarget per_size = league.targets.front();
  EXPECT_FALSE(per_size.is_per_size);
  EXPECT_TRUE(league_target("kl_per_r2").is_per_size);
  per_size.is_per_size = true;
  for (const std::string& sentence : league_sentences(league, "m", per_size))
    EXPECT_EQ(sentence.find("better than"), std::string::npos) << sentence;
}

TEST(League, OneCheckpointOnTwoTextsIsNoOtherModel) {
  const auto trials = drawn_trials(10, 8, [](double size, double, double) { return size; });
  LeagueRun one = planted_run(trials), two = planted_run(trials, 0.0, "other"), three = two;
  one.models = {{.model = "m", .model_hash = "h", .data_hash = "1"}};
  two.models = {{.model = "m", .model_hash = "h", .data_hash = "2"}};
  const League same = planted_league({one, two}, planted_predictors({"relative_l2"}));
  EXPECT_TRUE(league_entry(same, "relative_l2").left_out.empty());
  three.models = {{.model = "m", .model_hash = "g", .data_hash = "2"}};
  const League other = planted_league({one, three}, planted_predictors({"relative_l2"}));
  EXPECT_EQ(league_entry(other, "relative_l2").left_out.at(0).factor, "model");
}

/// Whichever folder comes first.
TEST(League, UnfinishedRowsGiveWayToFinishedOnesAndTeachNothing) {
  const auto trials = drawn_trials(10, 13, [](double size, double, double) { return size; });
  const LeagueRun whole = planted_run(trials);
  LeagueRun partial = whole;
  for (ResultRow& row : partial.rows) {
    row.windows.resize(4);
    row.text = add_up(row.windows);
    row.status = row.key.name == "baseline" ? Status::ok : Status::partial;
  }
  partial.rows.front().status = Status::partial;
  for (const auto& runs : {std::vector{partial, whole}, std::vector{whole, partial}}) {
    const LeagueTrials found = gather_league_trials(runs);
    ASSERT_EQ(found.models.size(), 1u);
    EXPECT_EQ(found.models[0].trials.size(), 10u);
    EXPECT_EQ(found.models[0].baseline->windows.size(), 16u);
    for (const ResultRow* row : found.models[0].rows) EXPECT_NE(row->status, Status::partial);
    EXPECT_TRUE(found.remarks.empty()) << found.remarks[0];
  }
  LeagueRun mixed = whole;
  mixed.rows[3] = partial.rows[3];
  const std::vector<LeagueRun> one = {mixed};
  const LeagueTrials found = gather_league_trials(one);
  EXPECT_EQ(found.models[0].rows.size(), 10u);  // the baseline among them
  EXPECT_EQ(found.remarks, std::vector<std::string>{"m: 1 unfinished row left out"});
}

TEST(League, LeavesOutTrialsThatMayBeRounding) {
  const auto trials = drawn_trials(10, 14, [](double size, double, double) { return size; });
  LeagueRun run = planted_run(trials);
  for (ResultRow& row : run.rows) row.kl_floor = 1e-7;
  const double tokens = static_cast<double>(run.rows[2].text.sums.tokens);
  for (WindowSums& window : run.rows[2].windows)
    window.sums.kl *= 3e-7 * tokens / run.rows[2].text.sums.kl;
  run.rows[2].text = add_up(run.rows[2].windows);
  const std::vector<LeagueRun> runs = {run};
  const LeagueTrials found = gather_league_trials(runs);
  EXPECT_EQ(found.models[0].trials.size(), 9u);
  ASSERT_EQ(found.remarks.size(), 1u);
  EXPECT_EQ(found.remarks[0].find("m: left out, for their KL is below 4 floors and may be "
                                  "rounding: t1 "),
            0u)
      << found.remarks[0];
}

/// On three of four levels "a" and "b" tell all; the fourth, which "c" alone fits, outweighs them.
TEST(League, ThePairOfALeftOutLevelIsChosenWithoutIt) {
  std::mt19937_64 random(15);
  std::normal_distribution<double> normal;
  std::vector<PlantedTrial> trials;
  for (int i = 0; i < 48; ++i) {
    const bool is_odd = i % 4 == 3;
    const double a = normal(random), b = normal(random);
    const double c = (is_odd ? 6.0 : 0.0) + normal(random);
    const double log_kl = is_odd ? c : 0.5 * a + 0.5 * b;
    trials.push_back({.name = "t" + std::to_string(i),
                      .figures = {{"a", std::exp(a)}, {"b", std::exp(b)}, {"c", std::exp(c)}},
                      .kl = 0.001 * std::exp(log_kl),
                      .vars = {{"layer", i % 4}}});
  }
  const auto run = planted_run(trials);
  const League all = planted_league({run}, planted_predictors({"a", "b", "c"}));
  std::string joint;
  double r2 = 0.0;
  for (const LeagueEntry* entry : league_table_of(all, "m", "kl", "all")) {
    if (!entry->joint) continue;
    joint = entry->predictor;
    r2 = *entry->left_out.at(0).r2;
  }
  EXPECT_NE(joint, "a+b");
  EXPECT_NE(joint.find('c'), std::string::npos);
  LeftOutR2 by_hand;
  for (int level = 0; level < 4; ++level) {
    Observations of[3], out[3];
    const std::pair<const char*, const char*> pairs[] = {{"a", "b"}, {"a", "c"}, {"b", "c"}};
    std::size_t best = 0;
    double most = -1.0;
    for (std::size_t p = 0; p < 3; ++p) {
      for (std::size_t i = 0; i < trials.size(); ++i) {
        const PartSums& sums = run.rows[i + 1].text.sums;
        const double y = std::log(sums.kl / static_cast<double>(sums.tokens));
        auto& where = static_cast<int>(i % 4) == level ? out[p] : of[p];
        where.add({std::log(trials[i].figures.at(pairs[p].first)),
                   std::log(trials[i].figures.at(pairs[p].second))},
                  y);
      }
      const double own = *r2_of(*fit_least_squares(of[p]), of[p]);
      if (own > most) best = p;
      most = std::max(most, own);
    }
    if (level == 3) {
      EXPECT_EQ(best, 0u);
    }
    by_hand.add(of[best], out[best]);
  }
  EXPECT_NEAR(r2, *by_hand.r2(), 1e-9);
}

TEST(League, PrintsItsNotesBelowTheTable) {
  std::vector<PlantedTrial> trials;
  for (int i = 0; i < 36; ++i)
    trials.push_back({.name = "kind" + std::to_string(i / 12),
                      .figures = {{"relative_l2", 0.01 * (1 + i % 7)}},
                      .kl = 0.1 * (1 + (i + i / 5) % 7),
                      .vars = {{"layer", i % 12}}});
  const League league = planted_league({planted_run(trials)}, planted_predictors({"relative_l2"}));
  const std::string text = league_table(league, 0, TableFormat::table);
  EXPECT_NE(text.find("m: KL: resampled by layer and role, of 3 names."), std::string::npos)
      << text;
}

TEST(League, SaysThatItNeedsThreeTrials) {
  const auto trials = drawn_trials(2, 14, [](double size, double, double) { return size; });
  const League league = planted_league({planted_run(trials)}, planted_predictors({"relative_l2"}));
  EXPECT_TRUE(league.entries.empty());
  EXPECT_EQ(league.remarks,
            std::vector<std::string>{"m: KL: a league needs 3 trials, there are 2"});
}

TEST(League, SaysThatThereIsNothingToRank) {
  LeagueRun run = planted_run({});
  EXPECT_THROW(gather_league_trials({run}), ConfigError);
  EXPECT_THROW(league_target("kll"), ConfigError);
}

}  // namespace
}  // namespace nf
