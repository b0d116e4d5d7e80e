#include "eval/stats/distributions.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

/// Tables print so many decimals.
constexpr double kPrinted = 6e-4;

TEST(Distributions, HaveTheValuesOfPrintedTables) {
  EXPECT_NEAR(t_quantile(0.025, 1.0), 12.706, kPrinted);
  EXPECT_NEAR(t_quantile(0.025, 7.0), 2.365, kPrinted);
  EXPECT_NEAR(t_quantile(0.001, 7.0), 4.785, kPrinted);
  EXPECT_NEAR(t_quantile(0.2, 15.0), 0.866, kPrinted);
  EXPECT_NEAR(normal_quantile(0.025), 1.960, kPrinted);
  EXPECT_NEAR(normal_quantile(0.001), 3.090, kPrinted);
}

TEST(Distributions, AreInverses) {
  constexpr double kRelative = 1e-9;
  for (const double tail : {1e-12, 1e-4, 0.3, 0.5, 0.9})
    for (const double degrees : {1.0, 2.5, 63.0})
      EXPECT_NEAR(t_tail(t_quantile(tail, degrees), degrees) / tail, 1.0, kRelative);
}

}  // namespace
}  // namespace nf
