#include "eval/report/dose_plot.h"

#include <gtest/gtest.h>

#include "tests/support/dose_rows.h"

namespace nf {
namespace {

TEST(DosePlots, AreCurvesByFamilyOverTheSize) {
  const std::vector<ResultRow> rows = {
      compared_baseline(16), dose_row("n", 0.2, 0.4), dose_row("n", 0.1, 0.1),
      dose_row("p", 0.1, 0.05, "proportional"), quantized_row("w4", 0.03)};
  const std::vector<ModelLines> models = group_rows(rows);
  const std::vector<DosePlot> plots = dose_plots(models.front());
  ASSERT_EQ(plots.size(), 1u);
  EXPECT_EQ(plots[0].tensor, "weights");
  EXPECT_EQ(plots[0].place, "1 site");
  ASSERT_EQ(plots[0].curves.size(), 3u);
  const DoseCurve& noise = plots[0].curves[0];
  EXPECT_EQ(noise.label, "n");
  EXPECT_EQ(noise.family, "gaussian");
  ASSERT_EQ(noise.points.size(), 2u) << "two sizes of one noise";
  EXPECT_EQ(noise.points[0].size, 0.1);
  EXPECT_NEAR(noise.points[0].kl.mean.mean, 0.1, 1e-12);
  EXPECT_EQ(plots[0].curves[1].family, "gaussian proportional");
  EXPECT_EQ(plots[0].curves[2].family, "");
}

TEST(DosePlots, AreLeftOutWhereNothingHasTwoSizes) {
  const std::vector<ResultRow> rows = {compared_baseline(16), dose_row("n", 0.1, 0.1),
                                       quantized_row("w4", 0.03)};
  const std::vector<ModelLines> models = group_rows(rows);
  EXPECT_TRUE(dose_plots(models.front()).empty());
}

/// Sizes of weights and inputs do not add up.
TEST(DosePlots, LeaveOutTrialsOfBothTensors) {
  std::vector<ResultRow> rows = {compared_baseline(16), dose_row("n", 0.2, 0.4),
                                 dose_row("n", 0.1, 0.1)};
  rows[1].relative_l2_input = 0.1;
  const std::vector<ModelLines> models = group_rows(rows);
  EXPECT_TRUE(dose_plots(models.front()).empty());
}

}  // namespace
}  // namespace nf
