#include <gtest/gtest.h>

#include "tests/support/dose_rows.h"
#include "tests/support/report_runs.h"

namespace nf {
namespace {

ResultRow reshaped_row(const std::string& name, double kl, double factor) {
  Json entries = kLawQuantizer;
  entries[0]["reshape"] = {{"outliers", {{"channels", 4}, {"factor", factor}}}};
  return law_row(name, kl, kDoseSites, entries, {{"f", factor}});
}

TEST(OutliersSection, SaysWhoMindsOutliers) {
  const auto section =
      section_of("outliers", input_of_rows({compared_baseline(16), reshaped_row(kOddName, 0.1, 1),
                                            reshaped_row(kOddName, 0.4, 16)}));
  ASSERT_TRUE(section);
  EXPECT_TRUE(is_sound(*section));
  EXPECT_EQ(section->figures.size(), 2u);
  EXPECT_TRUE(has(section->html, "4 channels ×16: does more damage than to the model as it is"));
  EXPECT_TRUE(has(section->figures[0].csv, "4 channels ×16"));
}

TEST(OutliersSection, HasNothingToSayOfModelsAsTheyAre) {
  EXPECT_FALSE(
      section_of("outliers", input_of_rows({compared_baseline(16), quantized_row("w4", 0.1)})));
}

}  // namespace
}  // namespace nf
