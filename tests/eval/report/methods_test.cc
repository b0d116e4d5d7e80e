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
  EXPECT_TRUE(has(section->html, "under 1 condition"));
}

TEST(MethodsSection, SaysThatProductsWereInBf16) {
  ReportRunMaker run;
  run.add(kFloorName, 1e-6);
  run.contents().records.back().seed.reset();
  run.key().seed.reset();
  run.add("w4", 0.2);
  EXPECT_TRUE(has(section_of("methods", run.input())->html, "Rounding alone makes a KL of"));
  run.contents().manifest.env = {{"arithmetic", "bf16"}};
  const std::string html = section_of("methods", run.input())->html;
  EXPECT_TRUE(has(html,
                  "took operands rounded to bf16, with sums in f32. Against f32 that alone "
                  "makes a KL of 1.1e-06"))
      << html;
  EXPECT_FALSE(has(html, "Rounding alone")) << html;
}

}  // namespace
}  // namespace nf
