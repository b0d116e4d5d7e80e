#include <gtest/gtest.h>

#include "tests/support/report_runs.h"

namespace nf {
namespace {

TEST(AnswerSection, ComparesTrialsAndSaysHowSure) {
  ReportRunMaker run;
  run.add("uniform", 0.4);
  run.add("power", 0.2);
  const auto section = section_of("answer", run.input());
  ASSERT_TRUE(section);
  EXPECT_TRUE(has(section->html, "Of 2 trials power does the least damage"));
  EXPECT_TRUE(has(section->html, "power beats uniform: KL −50.0 % ["));
}

TEST(AnswerSection, DoesNotSayThatDifferencesIncludeZeroWhereNoneHasAnInterval) {
  ReportRunMaker run(4);
  run.add("uniform", 0.4);
  run.add("power", 0.2);
  run.add("nf4", 0.3);
  const auto section = section_of("answer", run.input());
  ASSERT_TRUE(section);
  EXPECT_TRUE(has(section->html, "None of 2 differences from uniform has an interval"));
  EXPECT_FALSE(has(section->html, "include zero"));
}

TEST(AnswerSection, HasNothingToSayWithoutATrial) {
  ReportRunMaker run;
  EXPECT_FALSE(section_of("answer", run.input()));
}

}  // namespace
}  // namespace nf
