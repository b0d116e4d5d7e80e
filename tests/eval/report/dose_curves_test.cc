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

TEST(DoseCurvesSection, HasNothingToSayOfOneQuantizer) {
  EXPECT_FALSE(
      section_of("dose-curves", input_of_rows({compared_baseline(16), law_row("w4", 0.1, {})})));
}

}  // namespace
}  // namespace nf
