#include "perturb/small_eigen.h"

#include <gtest/gtest.h>

#include "tests/support/random_matrix.h"

namespace nf {
namespace {

TEST(SmallEigen, TakesASymmetricMatrixApart) {
  for (const Index n : {1, 2, 5, 24}) {
    const Matrix random = random_matrix(n, n, 3);
    std::vector<double> matrix;
    for (Index r = 0; r < n; ++r)
      for (Index c = 0; c < n; ++c)
        matrix.push_back(static_cast<double>(random(r, c)) + static_cast<double>(random(c, r)));
    const SmallEigen eigen = small_eigen(matrix, n);
    const auto at = [n](const std::vector<double>& values, Index r, Index c) {
      return values[static_cast<std::size_t>(r * n + c)];
    };
    for (Index j = 0; j + 1 < n; ++j)
      EXPECT_GE(eigen.values[static_cast<std::size_t>(j)],
                eigen.values[static_cast<std::size_t>(j + 1)]);
    for (Index r = 0; r < n; ++r)
      for (Index j = 0; j < n; ++j) {
        double product = 0.0, inner = 0.0;
        for (Index c = 0; c < n; ++c) {
          product += at(matrix, r, c) * at(eigen.vectors, c, j);
          inner += at(eigen.vectors, c, r) * at(eigen.vectors, c, j);
        }
        EXPECT_NEAR(product, eigen.values[static_cast<std::size_t>(j)] * at(eigen.vectors, r, j),
                    1e-12);
        EXPECT_NEAR(inner, r == j ? 1.0 : 0.0, 1e-13);
      }
  }
}

}  // namespace
}  // namespace nf
