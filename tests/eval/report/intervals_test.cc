#include <gtest/gtest.h>

#include "tests/support/report_runs.h"

namespace nf {
namespace {

TEST(IntervalsSection, RanksTrialsWithTheirIntervals) {
  ReportRunMaker run;
  run.add("b<w4>", 0.4);
  run.add("a", 0.2);
  const auto section = section_of("intervals", run.input());
  ASSERT_TRUE(section);
  ASSERT_EQ(section->figures.size(), 1u);
  EXPECT_TRUE(has(section->figures[0].csv, "\n1,m,a,"));
  EXPECT_TRUE(has(section->figures[0].svg, "b&lt;w4&gt;"));
}

TEST(IntervalsSection, CountsNoNeighboursWithoutIntervals) {
  ReportRunMaker run(4);
  run.add("b", 0.4);
  run.add("a", 0.2);
  const auto section = section_of("intervals", run.input());
  ASSERT_TRUE(section);
  EXPECT_TRUE(has(section->html, "No trial has an interval"));
  EXPECT_FALSE(has(section->html, "neighbours"));
}

}  // namespace
}  // namespace nf
