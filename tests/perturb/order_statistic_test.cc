#include "perturb/order_statistic.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/support/held_rows.h"
#include "tests/support/noise_support.h"

namespace nf {
namespace {

TEST(OrderStatistic, IsWhatSortingGives) {
  for (const Index n : {1, 2, 7, 1000}) {
    const Matrix x = normal_matrix(1, n, static_cast<std::uint64_t>(n));
    std::vector<float> sorted;
    for (Index i = 0; i < n; ++i) sorted.push_back(std::abs(x(0, i)));
    std::sort(sorted.begin(), sorted.end());
    for (Index k = 1; k <= n; ++k)
      ASSERT_EQ(kth_smallest_magnitude(x, k), sorted[static_cast<std::size_t>(k - 1)])
          << k << " of " << n;
  }
}

TEST(OrderStatistic, TakesTiesZerosAndTinyValues) {
  Matrix x(2, 3);
  const float values[] = {0.0f, -0.0f, 1e-42f, -2.0f, 2.0f, 3e38f};
  std::copy_n(values, 6, x.data());
  const float expected[] = {0.0f, 0.0f, 1e-42f, 2.0f, 2.0f, 3e38f};
  for (Index k = 1; k <= 6; ++k) EXPECT_EQ(kth_smallest_magnitude(x, k), expected[k - 1]);
}

TEST(OrderStatistic, ReadsAPartOfAMatrix) {
  const Matrix x = normal_matrix(6, 10);
  const ConstMatrixView part = x.view().middle_rows(2, 3).middle_cols(4, 5);
  Matrix copy(3, 5);
  for (Index r = 0; r < 3; ++r) std::copy_n(part.row(r), 5, copy.view().row(r));
  for (Index k = 1; k <= 15; ++k)
    EXPECT_EQ(kth_smallest_magnitude(part, k), kth_smallest_magnitude(copy, k));
}

TEST(OrderStatistic, MedianIsTheUpperMiddle) {
  Matrix x(1, 4);
  const float values[] = {4.0f, -1.0f, 3.0f, 2.0f};
  std::copy_n(values, 4, x.data());
  EXPECT_EQ(median_magnitude(x), 3.0f);
  EXPECT_EQ(median_magnitude(x.view().middle_cols(0, 3)), 3.0f);
}

TEST(OrderStatistic, IsTheSameOfAMatrixReadInParts) {
  Matrix x = normal_matrix(2100, 3);  // in three parts
  for (Index i = 0; i < 900; ++i) x.data()[i] = i % 2 == 0 ? 0.75f : -0.75f;
  x.data()[1000] = std::numeric_limits<float>::infinity();
  x.data()[2000] = std::numeric_limits<float>::quiet_NaN();
  x.data()[3000] = 1e-42f;
  for (const Index k : {1, 2, 3, 500, 3150, 3151, 4000, 6298, 6299})
    EXPECT_EQ(kth_smallest_magnitude(HeldRows(x), k), kth_smallest_magnitude(x.view(), k)) << k;
  EXPECT_TRUE(std::isnan(kth_smallest_magnitude(HeldRows(x), 6300)));
  EXPECT_EQ(median_magnitude(HeldRows(x)), median_magnitude(x.view()));
  EXPECT_THROW(kth_smallest_magnitude(HeldRows(x), 6301), InternalError);
}

TEST(OrderStatistic, OfAMatrixReadInPartsCountsSignsToo) {
  Matrix x = normal_matrix(2100, 3);
  for (Index i = 0; i < 90; ++i) x.data()[i] = i % 2 == 0 ? 0.0f : -0.0f;
  x.data()[1000] = -std::numeric_limits<float>::infinity();
  x.data()[2000] = -std::numeric_limits<float>::quiet_NaN();
  x.data()[3000] = -1e-42f;
  std::vector<float> sorted;
  for (Index i = 0; i < x.size(); ++i)
    if (!std::isnan(x.data()[i])) sorted.push_back(x.data()[i]);
  std::sort(sorted.begin(), sorted.end());
  for (const Index k : {1, 2, 3, 500, 3150, 3151, 4000, 6298, 6299})
    EXPECT_EQ(kth_smallest(HeldRows(x), k), sorted[static_cast<std::size_t>(k - 1)]) << k;
  EXPECT_TRUE(std::isnan(kth_smallest(HeldRows(x), 6300)));
}

TEST(OrderStatistic, RefusesARankOutside) {
  const Matrix x = normal_matrix(1, 3);
  EXPECT_THROW(kth_smallest_magnitude(x, 0), InternalError);
  EXPECT_THROW(kth_smallest_magnitude(x, 4), InternalError);
}

}  // namespace
}  // namespace nf
