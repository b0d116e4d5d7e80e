#include "perturb/outer_products.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/random_matrix.h"
#include "tests/support/tensor_near.h"
#include "tests/support/threads.h"

namespace nf {
namespace {

/// Share of Σ |x|·|x|: products are summed in f32 over 512 tokens, 2^-24 · √512 if roundings were
/// independent.
constexpr double kTolerance = 5e-6;

void expect_same(const SymmetricMatrix& a, const SymmetricMatrix& b) {
  ASSERT_EQ(a.size(), b.size());
  for (Index r = 0; r < a.size(); ++r)
    for (Index c = 0; c <= r; ++c) ASSERT_EQ(a(r, c), b(r, c)) << r << ", " << c;
}

SymmetricMatrix products_of(ConstMatrixView x) {
  SymmetricMatrix sums(x.cols());
  add_outer_products(x, sums);
  return sums;
}

/// One tile, several with the last in part, of tokens (512) and of features (256).
TEST(OuterProducts, AreThoseOfTheDefinition) {
  for (const Index tokens : {1, 100, 512, 700})
    for (const Index in : {1, 32, 256, 300}) {
      const Matrix x = random_matrix(tokens, in, 3);
      const SymmetricMatrix sums = products_of(x);
      const RowMatrix d = to_double(x);
      const RowMatrix expected = d.transpose() * d;
      const RowMatrix size = d.cwiseAbs().transpose() * d.cwiseAbs();
      for (Index r = 0; r < in; ++r)
        for (Index c = 0; c < in; ++c)
          ASSERT_NEAR(sums(r, c), expected(r, c), kTolerance * size(r, c))
              << tokens << " tokens: " << r << ", " << c << " of " << in;
    }
}

TEST(OuterProducts, AreAddedToWhatIsThere) {
  const Matrix x = random_matrix(40, 20, 3);
  SymmetricMatrix sums = products_of(x);
  add_outer_products(x, sums);
  const SymmetricMatrix once = products_of(x);
  for (Index r = 0; r < 20; ++r)
    for (Index c = 0; c < 20; ++c) EXPECT_EQ(sums(r, c), 2.0 * once(r, c));
}

TEST(OuterProducts, HaveTheSameBitsOnAnyNumberOfThreads) {
  const Matrix x = random_matrix(600, 600, 4);
  const Threads one(1);
  const SymmetricMatrix alone = products_of(x);
  for (const Index threads : {2, 3, 8}) {
    set_thread_count(threads);
    expect_same(products_of(x), alone);
  }
}

TEST(OuterProducts, ReadStridedRows) {
  const Matrix wide = random_matrix(50, 64, 5);
  Matrix narrow(50, 20);
  for (Index r = 0; r < 50; ++r) std::copy_n(wide.view().row(r) + 7, 20, narrow.view().row(r));
  expect_same(products_of(wide.view().middle_cols(7, 20)), products_of(narrow));
}

TEST(OuterProducts, RefuseSumsOfAnotherSize) {
  SymmetricMatrix sums(4);
  EXPECT_THROW(add_outer_products(random_matrix(3, 5, 1), sums), InternalError);
}

}  // namespace
}  // namespace nf
