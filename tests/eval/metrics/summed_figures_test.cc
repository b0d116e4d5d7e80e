#include "eval/metrics/summed_figures.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>
#include <vector>

namespace nf {
namespace {

std::vector<std::string> names_of(std::span<const SummedFigure> figures) {
  std::vector<std::string> names;
  for (const SummedFigure& figure : figures) names.emplace_back(figure.name);
  return names;
}

TEST(SummedFigures, StandInTheOrderOfTheirColumns) {
  EXPECT_EQ(names_of(summed_figures()),
            (std::vector<std::string>{"nll", "kl", "kl_reverse", "top1", "greedy", "flips_lost",
                                      "flips_gained", "residual", "residual_error"}));
  EXPECT_EQ(names_of(window_figures()),
            (std::vector<std::string>{"nll", "kl", "kl_reverse", "top1", "flips_lost",
                                      "flips_gained", "residual", "residual_error"}));
  EXPECT_EQ(names_of(choice_figures()),
            (std::vector<std::string>{"nll", "kl", "kl_reverse", "top1", "greedy"}));
}

TEST(SummedFigures, HaveNamesOfTheirOwn) {
  // Beside these they stand in records and exports.
  std::set<std::string> keys = {"id",         "window",    "task",    "question", "choice",
                                "tokens",     "document",  "bytes",   "correct",  "correct_norm",
                                "confidence", "per_token", "entropy", "kl_bins",  "kl_max"};
  std::set<std::string> in_choices = keys;
  std::set<std::string> means, differences;
  for (const SummedFigure& figure : summed_figures()) {
    EXPECT_TRUE(keys.insert(figure.name).second) << figure.name;
    EXPECT_TRUE(in_choices.insert(figure.key_in_choices()).second) << figure.name;
    if (figure.mean == nullptr) continue;
    EXPECT_TRUE(means.insert(figure.mean).second) << figure.name;
    EXPECT_TRUE(differences.insert(figure.difference).second) << figure.name;
  }
}

TEST(SummedFigures, SayEverythingOfASumOfTheirOwn) {
  PartSums all;
  for (const SummedFigure& figure : summed_figures()) {
    EXPECT_NE(figure.sum == nullptr, figure.count == nullptr) << figure.name;
    EXPECT_EQ(figure.sum_of(all), 0.0) << figure.name;  // no other entry has set it
    figure.set(1.0, all);
    EXPECT_EQ(figure.sum_of(all), 1.0) << figure.name;
    ASSERT_NE(figure.of_token, nullptr) << figure.name;
    const bool has_mean = figure.mean != nullptr;
    for (const char* text : {figure.unit, figure.label, figure.difference})
      EXPECT_EQ(text != nullptr, has_mean) << figure.name;
    // A figure of text is one of windows.
    EXPECT_TRUE(figure.of_windows || !has_mean) << figure.name;
  }
}

TEST(SummedFigures, MayNotBeKnown) {
  for (const SummedFigure& figure : summed_figures()) {
    PartSums sums{.tokens = 4};
    figure.set(2.0, sums);
    EXPECT_EQ(figure.mean_of(sums), 0.5) << figure.name;
    if (figure.lacking == nullptr) continue;
    sums.*figure.lacking = true;
    EXPECT_FALSE(figure.is_known(sums)) << figure.name;
    EXPECT_TRUE(std::isnan(figure.mean_of(sums))) << figure.name;
    figure.clear(sums);
    EXPECT_TRUE(figure.is_known(sums) && figure.sum_of(sums) == 0.0) << figure.name;
  }
}

TEST(SummedFigures, AreFoundByTheirMean) {
  ASSERT_NE(find_summed_mean("top1_agreement"), nullptr);
  EXPECT_STREQ(find_summed_mean("top1_agreement")->name, "top1");
  EXPECT_EQ(find_summed_mean("top1"), nullptr);
  EXPECT_EQ(find_summed_mean("ppl"), nullptr);
}

TEST(SummedFigures, DifferFromTheBaselineEachInItsWay) {
  const PartSums trial{.tokens = 8, .nll = 20.0, .kl = 0.5, .kl_reverse = 0.75, .top1 = 6};
  const PartSums baseline{.tokens = 8, .nll = 16.0, .kl = 7.0, .kl_reverse = 7.0, .top1 = 7};
  const auto difference = [&](const char* mean) {
    return find_summed_mean(mean)->difference_of(trial, baseline);
  };
  EXPECT_EQ(difference("nll"), 4.0);
  EXPECT_EQ(difference("kl"), 0.5);  // whatever the baseline has
  EXPECT_EQ(difference("kl_reverse"), 0.75);
  EXPECT_EQ(difference("top1_agreement"), -2.0);
}

}  // namespace
}  // namespace nf
