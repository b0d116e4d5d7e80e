#include <gtest/gtest.h>

#include "eval/experiment/kinds.h"
#include "tests/support/report_runs.h"

namespace nf {
namespace {

std::optional<Section> numbers_of(ReportRunMaker& run) {
  const KindsPtr kinds = Kinds::builtin();
  ReportInput input = run.input();
  input.metrics = &kinds->metrics;
  return section_of("numbers", input);
}

TEST(NumbersSection, HasTheUntouchedModelAndEveryTrial) {
  ReportRunMaker run;
  run.add(kOddName, 0.4);
  run.add("power", 0.2);
  const auto section = numbers_of(run);
  ASSERT_TRUE(section);
  EXPECT_TRUE(is_sound(*section));
  EXPECT_TRUE(has(section->html, "baseline"));
  EXPECT_TRUE(has(section->html, "power"));
  // e^3 of the untouched model, whose tokens all have 3 nats.
  EXPECT_TRUE(has(section->html, "20.09"));
  // 0.2 in half of the windows and a tenth more in the others.
  EXPECT_TRUE(has(section->html, "0.210"));
}

TEST(NumbersSection, IsThereWithoutATrial) {
  ReportRunMaker run;
  const auto section = numbers_of(run);
  ASSERT_TRUE(section);
  EXPECT_TRUE(has(section->html, "20.09"));
}

TEST(NumbersSection, SaysWhatItLeavesOut) {
  ReportRunMaker run(1);
  for (int trial = 0; trial < 250; ++trial) run.add("t" + std::to_string(trial), 0.1);
  const auto section = numbers_of(run);
  ASSERT_TRUE(section);
  EXPECT_TRUE(has(section->html, "These are the first 200 of 251 lines"));
  EXPECT_FALSE(has(section->html, "t249"));
}

}  // namespace
}  // namespace nf
