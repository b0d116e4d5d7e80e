#include <gtest/gtest.h>

#include "tests/support/dose_rows.h"
#include "tests/support/report_runs.h"

namespace nf {
namespace {

TEST(DoseCurvesSection, HoldsAQuantizerAgainstNoiseOfItsSize) {
  const auto section = section_of(
      "dose-curves",
      input_of_rows({compared_baseline(16), dose_row("n", 0.1, 0.1), dose_row("n", 0.2, 0.4),
                     matched_row("matched", 0.2), quantized_row(kOddName, 0.1)}));
  ASSERT_TRUE(section);
  EXPECT_TRUE(is_sound(*section));
  EXPECT_TRUE(has(section->html, "does less damage than matched: KL −50"));
}

TEST(GridsSection, HasNothingToSayOfOneGrid) {
  EXPECT_FALSE(
      section_of("grids", input_of_rows({compared_baseline(16), quantized_row("w4", 0.1)})));
}

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

TEST(ExperimentSection, NamesNoFolderAndNoCommand) {
  ReportRunMaker run;
  run.contents().experiment = "model: /home/John Doe/" + kOddName + "\n";
  run.contents().manifest.about = {{"command", "noisefloor run x"}, {"cpu", "A <CPU>"}};
  const auto section = section_of("experiment", run.input());
  ASSERT_TRUE(section);
  EXPECT_TRUE(is_well_formed(section->html));
  EXPECT_TRUE(has(section->html, "A &lt;CPU&gt;"));
  EXPECT_FALSE(has(section->html, "John Doe"));
  EXPECT_FALSE(has(section->html, "noisefloor run x"));
}

}  // namespace
}  // namespace nf
