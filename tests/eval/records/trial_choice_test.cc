#include "eval/records/trial_choice.h"

#include <gtest/gtest.h>

#include "tests/support/config_support.h"

namespace nf {
namespace {

RowKey trial(const std::string& name, const Json& vars = Json::object()) {
  return {.id = {}, .name = name, .vars = vars};
}

const std::vector<RowKey> kTrials = {
    trial("w4"),
    trial("w4-sweep", {{"r", 0.05}, {"dist", "gaussian"}}),
    trial("w4-sweep", {{"r", 0.1}, {"dist", "gaussian"}}),
    trial("w4-sweep", {{"r", 0.1}, {"dist", "uniform"}}),
    trial("a [b] c"),
};

/// The numbers of the trials that some patterns choose.
std::string chosen(const std::vector<std::string>& patterns) {
  const TrialChoice choice(patterns);
  choice.check(kTrials);
  std::string numbers;
  for (std::size_t i = 0; i < kTrials.size(); ++i)
    if (choice.holds(kTrials[i].name, kTrials[i].vars)) numbers += std::to_string(i);
  return numbers;
}

std::string refusal(const std::string& pattern) {
  return config_error_of([&pattern] { chosen({pattern}); });
}

TEST(TrialChoice, OfNoPatternIsAll) { EXPECT_EQ(chosen({}), "01234"); }

TEST(TrialChoice, TakesNamesAndGlobsOfThem) {
  EXPECT_EQ(chosen({"w4"}), "0");
  EXPECT_EQ(chosen({"w4*"}), "0123");
  EXPECT_EQ(chosen({"w?"}), "0");
  EXPECT_EQ(chosen({"w4", "a*"}), "04");
}

TEST(TrialChoice, TakesPrintedNamesAndGlobsOfThem) {
  EXPECT_EQ(chosen({"w4-sweep r=0.1 dist=gaussian"}), "2");
  EXPECT_EQ(chosen({"w4-sweep r=0.1*"}), "23");
  EXPECT_EQ(chosen({"* dist=gaussian"}), "12");
}

TEST(TrialChoice, TakesPointsOfASweepAsCompareDoes) {
  EXPECT_EQ(chosen({"w4-sweep:dist=gaussian"}), "12");
  EXPECT_EQ(chosen({"w4-sweep:dist=uniform,r=0.1"}), "3");
  EXPECT_EQ(chosen({"w4-sweep dist=uni*"}), "3");
  EXPECT_EQ(chosen({"w4-sweep:r=0.05,0.1,dist=gaussian"}), "12");
  EXPECT_EQ(chosen({"w4-sweep:dist=u*,g*"}), "123");
  EXPECT_EQ(chosen({"w4-sweep:r=0.10"}), "23");
}

TEST(TrialChoice, TakesWhatTablesPrintBehindAPoint) {
  EXPECT_EQ(chosen({"w4 (2 seeds)"}), "0");
  EXPECT_EQ(chosen({"w4-sweep r=0.1 dist=uniform (3 seeds, partial)"}), "3");
  EXPECT_NE(refusal("w4 (no seeds)"), "");
}

TEST(TrialChoice, TakesValuesAsAFileWritesThem) {
  const std::vector<RowKey> trials = {trial("w", {{"gr", {{"group", 32}}}}),
                                      trial("w", {{"gr", {{"group", 32}, {"axis", "in"}}}}),
                                      trial("w", {{"gr", "g64"}})};
  for (const auto& [pattern, expected] :
       std::vector<std::pair<std::string, std::string>>{{"w:gr={group: 32}", "0"},
                                                        {"w gr=g32", "0"},
                                                        {"w:gr={group: 32, axis: in}", "1"},
                                                        {"w:gr=g32,per-ic32", "01"},
                                                        {"w:gr={group: 64}", "2"},
                                                        {"w gr=per*", "1"}}) {
    const TrialChoice choice({pattern});
    choice.check(trials);
    std::string text;
    for (std::size_t i = 0; i < trials.size(); ++i)
      if (choice.holds(trials[i].name, trials[i].vars)) text += std::to_string(i);
    EXPECT_EQ(text, expected) << pattern;
  }
}

TEST(TrialChoice, TakesPointsOfATrialThatHasTwins) {
  const std::vector<RowKey> trials = {trial("w4", {{"bits", 4}, {"twin", ""}}),
                                      trial("w4", {{"bits", 4}, {"twin", "permuted"}}),
                                      trial("w4", {{"bits", 3}, {"twin", ""}})};
  const auto numbers = [&trials](const std::string& pattern) {
    const TrialChoice choice({pattern});
    choice.check(trials);
    std::string text;
    for (std::size_t i = 0; i < trials.size(); ++i)
      if (choice.holds(trials[i].name, trials[i].vars)) text += std::to_string(i);
    return text;
  };
  EXPECT_EQ(numbers("w4 bits=4"), "01");
  EXPECT_EQ(numbers("w4:bits=4,twin="), "0");
  EXPECT_EQ(numbers("w4 twin=permuted"), "1");
}

TEST(TrialChoice, TakesANameOfPatternLettersAsItIs) { EXPECT_EQ(chosen({"a [b] c"}), "4"); }

TEST(TrialChoice, SaysWhatWasMeantWhereNothingMatches) {
  EXPECT_EQ(refusal("w4-swep"), "--trials w4-swep: matches no trial; did you mean 'w4-sweep'?");
  EXPECT_EQ(refusal("x*"), "--trials x*: matches no trial; known: w4, w4-sweep, a [b] c");
  EXPECT_EQ(refusal("w4-sweep:r=0.2"),
            "--trials w4-sweep:r=0.2: matches no trial; 'w4-sweep' has 'w4-sweep r=0.05 "
            "dist=gaussian', 'w4-sweep r=0.1 dist=gaussian', 'w4-sweep r=0.1 dist=uniform'");
  EXPECT_EQ(
      refusal("w4,w5"),
      "--trials w4,w5: matches no trial; near: w4; of several patterns each has a --trials of "
      "its own");
  EXPECT_EQ(refusal("sweep"), "--trials sweep: matches no trial; did you mean 'w4-sweep'?");
  EXPECT_EQ(refusal("4-s*x"), "--trials 4-s*x: matches no trial; known: w4, w4-sweep, a [b] c");
  EXPECT_EQ(refusal("weep"), "--trials weep: matches no trial; near: w4-sweep");
  EXPECT_EQ(refusal("baseline"),
            "--trials baseline: the untouched model always runs; name other trials");
}

}  // namespace
}  // namespace nf
