#include "eval/analysis/equivalence_margin.h"

#include <gtest/gtest.h>

#include "tests/support/config_support.h"

namespace nf {
namespace {

TEST(EquivalenceMargin, IsAShareOrANumber) {
  const EquivalenceMargin share = parse_equivalence_margin("5%");
  EXPECT_TRUE(share.is_share);
  EXPECT_DOUBLE_EQ(share.size, 0.05);
  EXPECT_EQ(share.text, "5 %");
  EXPECT_EQ(parse_equivalence_margin("2.5 %").text, "2.5 %");
  const EquivalenceMargin nats = parse_equivalence_margin("0.01");
  EXPECT_FALSE(nats.is_share);
  EXPECT_EQ(nats.size, 0.01);
}

TEST(EquivalenceMargin, RefusesTheRest) {
  for (const std::string text : {"", "five", "-1%", "0", "5%%", "5 per cent", "nan", "inf%"})
    EXPECT_EQ(
        config_error_of([&] { parse_equivalence_margin(text); }),
        "--equivalent: needs a share such as 5%, or a number above 0 in the figure's unit, is "
        "'" +
            text + "'");
  for (const std::string text : {"10", "1"})
    EXPECT_EQ(config_error_of([&] { parse_equivalence_margin(text); }),
              "--equivalent: " + text +
                  " is a number in the figure's unit, more than any figure that could be called "
                  "equal to another; for a share of it write " +
                  text + "%");
}

}  // namespace
}  // namespace nf
