#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/report_runs.h"
#include "tests/support/temp_dir.h"

namespace nf {
namespace {

constexpr const char* kCalls = R"([
  {"started": "2026-01-02T03:04:05Z", "command": "noisefloor run /secret/a.yaml", "threads": 2,
   "models": [{"planned": {"model": "m", "seconds": 10.0, "most_seconds": 10.0,
                           "peak_bytes": 1048576, "block_passes": 6},
               "actual": {"finished": true, "seconds": 12.5, "peak_bytes": 2097152,
                          "block_passes": 6}},
              {"planned": {"model": "n", "seconds": 10.0, "peak_bytes": 1048576, "block_passes": 6},
               "actual": {"finished": false, "seconds": 7.5, "peak_bytes": 1048576,
                          "block_passes": 4}}]}])";

TEST(PlanSection, HoldsWhatWasTakenAgainstThePlan) {
  const TempDir dir;
  std::ofstream(dir / "plan.json") << kCalls;
  ReportRunMaker run;
  run.add("w4", 0.2);
  run.contents().dir = dir.path();
  const auto section = section_of("plan", run.input());
  ASSERT_TRUE(section);
  EXPECT_TRUE(has(section->html, "1 of 2 calls were cut short"));
  EXPECT_TRUE(has(section->html, "2 MiB"));
  EXPECT_TRUE(has(section->html, "2 of 2 rows"));
  EXPECT_FALSE(has(section->html, "secret")) << "a page names no path";
  ASSERT_EQ(section->figures.size(), 1u);
  EXPECT_TRUE(has(section->figures[0].csv, "m,2026-01-02T03:04:05Z,2,10,12.5,1048576,"));
  EXPECT_TRUE(has(section->html, "<bdi>2026-01-02 03:04:05</bdi>"));
}

TEST(PlanSection, TellsWhatIsMissingOfARunThatIsNotAtItsEnd) {
  ReportRunMaker run;
  run.add("w4", 0.2);
  run.add("w3", 0.3).windows.resize(5);
  run.add("w2", 0.4);
  run.contents().records.pop_back();  // its key stays
  const auto section = section_of("plan", run.input());
  EXPECT_TRUE(has(section->html, "2 of 4 rows"));
  EXPECT_TRUE(has(section->html, "1 has a part of the text"));
  EXPECT_TRUE(has(section->html, "1 has no record yet"));
  EXPECT_TRUE(has(section->html, "was killed"));
  EXPECT_TRUE(section->figures.empty());
}

TEST(PlanSection, PassesOverADamagedPlan) {
  const TempDir dir;
  std::ofstream(dir / "plan.json") << R"([{"models": [{"planned": 3}]}])";
  ReportRunMaker run;
  run.contents().dir = dir.path();
  EXPECT_TRUE(section_of("plan", run.input())->figures.empty());
}

}  // namespace
}  // namespace nf
