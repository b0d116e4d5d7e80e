#include <gtest/gtest.h>

#include "tests/support/report_runs.h"
#include "tests/support/twin_rows.h"

namespace nf {
namespace {

TEST(TwinsSection, SaysWhatEachPropertyCarries) {
  const auto section = section_of(
      "twins",
      input_of_rows({twin_baseline(), twin_row("", twin_kl(0.3, 0.001)),
                     twin_row("permuted", twin_kl(0.3)), twin_row("gaussian", twin_kl(0.1))}));
  ASSERT_TRUE(section);
  EXPECT_TRUE(is_sound(*section));
  EXPECT_TRUE(has(section->html, "1.000 ["));
  EXPECT_TRUE(has(section->html, "3.00 [2.99, 3.01] of the damage of Gaussian noise of its size"));
  ASSERT_EQ(section->figures.size(), 1u);
  EXPECT_TRUE(has(section->figures[0].csv, "permuted"));
}

TEST(TwinsSection, HasNothingToSayWithoutTwins) {
  EXPECT_FALSE(section_of("twins", input_of_rows({twin_baseline()})));
}

}  // namespace
}  // namespace nf
