#include "quant/percentile.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "tests/quant/quantizer_test_data.h"
#include "tests/support/held_rows.h"

namespace nf {
namespace {

TEST(Percentile, IsLinearBetweenTwoValues) {
  Matrix x(1, 5);
  const float values[] = {4.0f, -10.0f, 1.0f, 2.0f, -3.0f};
  std::copy_n(values, 5, x.data());
  EXPECT_EQ(percentile_range(x, 100.0, true).highest, 10.0f);
  EXPECT_EQ(percentile_range(x, 75.0, true).highest, 4.0f);
  EXPECT_EQ(percentile_range(x, 87.5, true).highest, 7.0f);
  EXPECT_EQ(percentile_range(x, 87.5, true).lowest, -7.0f);
  const PercentileRange half = percentile_range(x, 50.0, false);
  EXPECT_EQ(half.lowest, -3.0f);
  EXPECT_EQ(half.highest, 2.0f);
  EXPECT_EQ(percentile_range(x, 75.0, false).lowest, -6.5f);
}

TEST(Percentile, LeavesNansOutAndIsTheSameInParts) {
  Matrix x = bell_matrix(2100, 3, 1);
  for (Index i = 0; i < x.size(); i += 7) x.data()[i] = NAN;
  for (const double p : {1.0, 50.0, 99.0, 99.97, 100.0})
    for (const bool of_magnitude : {true, false}) {
      const PercentileRange whole = percentile_range(x.view(), p, of_magnitude);
      const PercentileRange parts = percentile_range(HeldRows(x), p, of_magnitude);
      EXPECT_EQ(whole.lowest, parts.lowest);
      EXPECT_EQ(whole.highest, parts.highest);
    }
}

TEST(Percentile, OfNothingIsOurBug) {
  const std::vector<float> none(3, NAN);
  EXPECT_THROW(percentile_range(ConstMatrixView(none.data(), 1, 3, 3), 50.0, true), InternalError);
}

}  // namespace
}  // namespace nf
