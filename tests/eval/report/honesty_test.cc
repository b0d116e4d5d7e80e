#include <gtest/gtest.h>

#include "eval/records/mixed_env.h"
#include "tests/support/report_runs.h"

namespace nf {
namespace {

std::string html_of(ReportRunMaker& run) { return section_of("honesty", run.input())->html; }

TEST(HonestySection, SaysHowFiguresAreMeant) {
  ReportRunMaker run;
  run.add("w4", 0.2);
  run.add("w3", 0.3);
  const std::string html = html_of(run);
  EXPECT_TRUE(has(html, "convention window/1: 1600 scored tokens in 16 windows"));
  EXPECT_TRUE(has(html, "2 trials are tested against the baseline"));
  EXPECT_TRUE(has(html, "over 16 windows of text as blocks"));
  EXPECT_TRUE(has(html, "The floor of the arithmetic was not measured."));
  EXPECT_TRUE(has(html, "no trial was made from calibration text"));
  EXPECT_TRUE(has(html, "Nothing failed."));
}

TEST(HonestySection, HasTheFloorAndWhoLiesBelowIt) {
  ReportRunMaker run;
  run.add(kFloorName, 1e-9);
  run.contents().records.back().seed.reset();
  run.key().seed.reset();
  run.add("tiny", 2e-9);
  run.add("w4", 0.2);
  const std::string html = html_of(run);
  EXPECT_TRUE(has(html, "rounding alone makes a KL of 1.1e-09"));
  EXPECT_TRUE(has(html, "1 of the trials lie below 4 times that"));
}

TEST(HonestySection, SaysThatTheFloorIsOfBf16) {
  ReportRunMaker run;
  run.contents().manifest.env = {{"arithmetic", "bf16"}};
  run.add("w4", 0.2);
  EXPECT_TRUE(has(html_of(run),
                  "rounded to bf16 (arithmetic: bf16). The floor of the arithmetic "
                  "was not measured."));
  run.add(kFloorName, 1e-6);
  run.contents().records.back().seed.reset();
  run.key().seed.reset();
  EXPECT_TRUE(has(html_of(run), "against f32, that alone makes a KL of 1.1e-06"));
}

TEST(HonestySection, NamesOverlapsFailuresAndMachines) {
  ReportRunMaker run;
  run.add("awq", 0.2);
  run.key().calibration_overlap = 512;
  run.contents().manifest.env = {{"isa", "avx2"}};
  run.contents().manifest.about = {{kOtherEnvs, Json::array({{{"isa", "avx512"}}})}};
  Record& failed = run.add("w2 <&>", 0.3);
  failed.status = Status::failed;
  failed.error = "layers.0: not finite";
  failed.windows.clear();
  const std::string html = html_of(run);
  EXPECT_TRUE(has(html, "up to 512 tokens of it"));
  EXPECT_TRUE(has(html, "m: w2 &lt;&amp;&gt; (seed 0): layers.0: not finite"));
  EXPECT_TRUE(has(html, "differ in their last bits (isa avx2 and avx512)"));
  EXPECT_FALSE(has(html, "w2 <&>"));
}

TEST(HonestySection, SaysThatThereAreNoIntervalsOfFewBlocks) {
  ReportRunMaker run(3);
  run.add("w4", 0.2);
  EXPECT_TRUE(has(html_of(run), "of fewer than 8 blocks there are none"));
}

}  // namespace
}  // namespace nf
