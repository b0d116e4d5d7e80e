#include <gtest/gtest.h>

#include "tests/support/report_runs.h"

namespace nf {
namespace {

ReportRunMaker maker() {
  ReportRunMaker run;
  for (const auto& [set, kl] : {std::pair("ref", 0.2), std::pair("junk", 0.4)}) {
    run.add("gptq", kl, {{"set", set}});
    run.key().entries = {{{"method", "gptq"}, {"calibration", set}}};
  }
  // By chance a little more and a little less by turns.
  for (WindowSums& window : run.contents().records.back().windows)
    window.sums.kl *= window.window % 4 < 2 ? 1.01 : 0.99;
  return run;
}

TEST(CalibrationSection, DividesByTheReferenceSet) {
  ReportRunMaker run = maker();
  const auto section = section_of("calibration", run.input());
  ASSERT_TRUE(section);
  ASSERT_EQ(section->figures.size(), 1u);
  EXPECT_TRUE(has(section->html, "gptq: made from junk KL is 2.00"));
  EXPECT_TRUE(has(section->html, "times that from ref"));
  EXPECT_TRUE(has(section->html, "{{figure:calibration}}"));
  EXPECT_TRUE(has(section->figures[0].csv, "\nm,gptq,ref,1,1,1,1,"));
  EXPECT_TRUE(has(section->figures[0].svg, "<title"));
}

TEST(CalibrationSection, SaysThatASetMakesNoDifference) {
  ReportRunMaker run;
  for (const char* set : {"ref", "junk"}) {
    run.add("rtn", 0.2, {{"set", set}});
    run.key().entries = {{{"method", "rtn"}, {"calibration", set}}};
  }
  EXPECT_TRUE(has(section_of("calibration", run.input())->html,
                  "rtn: the set makes no difference at all."));
}

TEST(CalibrationSection, IsLeftOutWithoutSets) {
  ReportRunMaker run;
  run.add("w4", 0.2);
  EXPECT_FALSE(section_of("calibration", run.input()));
}

}  // namespace
}  // namespace nf
