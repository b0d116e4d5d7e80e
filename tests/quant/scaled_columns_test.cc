#include "quant/scaled_columns.h"

#include <gtest/gtest.h>

#include <vector>

#include "core/base/error.h"
#include "tests/support/random_matrix.h"

namespace nf {
namespace {

TEST(ScaledColumns, AreProductsAndQuotientsOfEachColumn) {
  const Matrix wide = random_matrix(5, 12, 1);
  const ConstMatrixView x = wide.view().middle_cols(4, 3);
  const std::vector<float> scale = {0.3f, 1.0f, 7.0f};
  Matrix product(5, 3), quotient(5, 3);
  multiply_columns(x, scale, product);
  divide_columns(x, scale, quotient);
  for (Index r = 0; r < 5; ++r)
    for (Index c = 0; c < 3; ++c) {
      EXPECT_EQ(product(r, c), x(r, c) * scale[static_cast<std::size_t>(c)]);
      EXPECT_EQ(quotient(r, c), x(r, c) / scale[static_cast<std::size_t>(c)]);
    }
}

TEST(ScaledColumns, MayBeMadeInPlace) {
  Matrix x = random_matrix(4, 2, 1);
  const Matrix before = random_matrix(4, 2, 1);
  const std::vector<float> scale = {0.25f, 8.0f};
  multiply_columns(x, scale, x);
  divide_columns(x, scale, x);
  for (Index i = 0; i < x.size(); ++i) EXPECT_EQ(x.data()[i], before.data()[i]);
}

TEST(ScaledColumns, RefuseAnotherNumberOfScales) {
  Matrix x = random_matrix(4, 2, 1);
  const std::vector<float> scale(3, 1.0f);
  EXPECT_THROW(multiply_columns(x, scale, x), InternalError);
}

}  // namespace
}  // namespace nf
