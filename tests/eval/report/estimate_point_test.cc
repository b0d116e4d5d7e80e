#include "eval/report/estimate_point.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

FigureEstimate estimate_of(double mean, std::optional<Interval> interval) {
  FigureEstimate estimate;
  estimate.mean.mean = mean;
  estimate.interval = interval;
  return estimate;
}

TEST(EstimatePoint, IsHollowWhereItIsNotToldApartFromZero) {
  const auto known = estimate_point(2.0, estimate_of(0.5, Interval{0.4, 0.6}), "v");
  ASSERT_TRUE(known);
  EXPECT_EQ(known->y_low, 0.4);
  EXPECT_EQ(known->y_high, 0.6);
  EXPECT_EQ(known->value, "v");
  EXPECT_FALSE(known->hollow);
  EXPECT_TRUE(estimate_point(2.0, estimate_of(0.5, Interval{0.0, 1.0}), "")->hollow);
  EXPECT_TRUE(estimate_point(2.0, estimate_of(0.5, std::nullopt), "")->hollow);
}

TEST(EstimatePoint, HasNoPlaceOnALogAxisAtOrBelowZero) {
  EXPECT_FALSE(estimate_point(2.0, estimate_of(0.0, Interval{0.0, 0.0}), ""));
}

}  // namespace
}  // namespace nf
