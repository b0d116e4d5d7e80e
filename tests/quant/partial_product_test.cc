#include "quant/partial_product.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/base/error.h"
#include "tests/quant/quantizer_test_data.h"

namespace nf {
namespace {

TEST(PartialProduct, IsTheSquaredErrorOfTheOutput) {
  for (const Index rows : {3, 200})
    for (const Index cols : {1, 2, 17, 64}) {
      const Matrix x = bell_matrix(rows, cols, 1), delta = bell_matrix(1, cols, 2);
      double expected = 0.0;
      for (Index r = 0; r < rows; ++r) {
        double product = 0.0;
        for (Index c = 0; c < cols; ++c)
          product += static_cast<double>(x(r, c)) * static_cast<double>(delta(0, c));
        expected += product * product;
      }
      const PartialProduct product(x);
      EXPECT_EQ(product.cols(), cols);
      EXPECT_NEAR(product.squared_error({delta.data(), static_cast<std::size_t>(cols)}), expected,
                  1e-10 * expected);
    }
}

TEST(PartialProduct, OfOneColumnTakesAnyNumberOfItsValues) {
  const Matrix x = bell_matrix(5, 1, 1), delta = bell_matrix(1, 9, 2);
  double x2 = 0.0, delta2 = 0.0;
  for (Index i = 0; i < 5; ++i) x2 += std::pow(static_cast<double>(x(i, 0)), 2.0);
  for (Index i = 0; i < 9; ++i) delta2 += std::pow(static_cast<double>(delta(0, i)), 2.0);
  EXPECT_NEAR(PartialProduct(x).squared_error({delta.data(), 9}), x2 * delta2, 1e-12 * x2 * delta2);
}

TEST(PartialProduct, OfOtherColumnsIsOurBug) {
  const PartialProduct product(bell_matrix(5, 4, 1));
  EXPECT_THROW(product.squared_error(std::vector<float>(3, 1.0f)), InternalError);
}

}  // namespace
}  // namespace nf
