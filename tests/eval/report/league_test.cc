#include <gtest/gtest.h>

#include "tests/support/law_support.h"
#include "tests/support/report_runs.h"

namespace nf {
namespace {

/// Noise of twelve sizes, and damage that is their square.
ReportInput sized_noise() {
  std::vector<ResultRow> rows = {compared_baseline(16)};
  for (int i = 1; i <= 12; ++i) {
    const double size = 0.01 * i;
    rows.push_back(law_row("noise" + std::to_string(i), size * size,
                           {{"layers.0.q_proj.weight", size * size}}));
    rows.back().relative_l2_weight = size;
  }
  return input_of_rows(std::move(rows));
}

TEST(LeagueSection, SaysWhichPredictorOrdersTheTrials) {
  const auto section = section_of("league", sized_noise());
  ASSERT_TRUE(section);
  EXPECT_TRUE(is_sound(*section));
  EXPECT_TRUE(has(section->html, "orders the 12 trials best"));
  EXPECT_TRUE(has(section->figures.front().csv, "relative_l2"));
}

TEST(LeagueSection, IsPartOfTheAnswer) {
  const auto answer = section_of("answer", sized_noise());
  ASSERT_TRUE(answer);
  EXPECT_TRUE(has(answer->html, "orders the 12 trials best"));
}

TEST(LeagueSection, HasNothingToSayWithoutATrial) {
  EXPECT_FALSE(section_of("league", input_of_rows({compared_baseline(16)})));
}

}  // namespace
}  // namespace nf
