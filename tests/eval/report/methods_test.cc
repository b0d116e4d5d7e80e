#include <gtest/gtest.h>

#include "tests/support/report_runs.h"

namespace nf {
namespace {

TEST(MethodsSection, NamesTheVersionThatMadeTheRecords) {
  ReportRunMaker run;
  run.add("w4", 0.2);
  run.contents().manifest.about = {{"version", "0.0.7"}};
  run.contents().manifest.env = {{"gemm", 3}};
  const auto section = section_of("methods", run.input());
  ASSERT_TRUE(section);
  EXPECT_TRUE(is_well_formed(section->html));
  EXPECT_TRUE(has(section->html, "noisefloor 0.0.7 (numerics"));
  EXPECT_TRUE(has(section->html, "under 1 conditions"));
}

}  // namespace
}  // namespace nf
