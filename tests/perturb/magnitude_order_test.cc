#include "perturb/magnitude_order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "tests/support/noise_support.h"

namespace nf {
namespace {

TEST(MagnitudeOrder, SortsByMagnitudeThenPlaceWhateverTheSize) {
  for (const Index rows : {0, 1, 7, 50, 400}) {
    Matrix x = normal_matrix(rows, 40);
    for (Index i = 0; i < x.size(); i += 3)  // many equal ones
      x.data()[i] = std::nearbyint(x.data()[i]);
    std::vector<std::uint32_t> expected(static_cast<std::size_t>(x.size()));
    std::iota(expected.begin(), expected.end(), 0u);
    std::stable_sort(expected.begin(), expected.end(), [&](std::uint32_t a, std::uint32_t b) {
      return std::abs(x.data()[a]) < std::abs(x.data()[b]);
    });
    EXPECT_EQ(magnitude_order(x), expected) << rows;
  }
}

TEST(MagnitudeOrder, PutsWhatIsNoNumberLast) {
  Matrix x(1, 4);
  const float infinity = std::numeric_limits<float>::infinity();
  const float values[] = {std::numeric_limits<float>::quiet_NaN(), -infinity, -1e-40f, 0.0f};
  std::copy_n(values, 4, x.data());
  EXPECT_EQ(magnitude_order(x), (std::vector<std::uint32_t>{3, 2, 1, 0}));
}

}  // namespace
}  // namespace nf
