#include "perturb/quadratic_form.h"

#include <gtest/gtest.h>

#include "perturb/outer_products.h"
#include "tests/support/random_matrix.h"
#include "tests/support/threads.h"

namespace nf {
namespace {

constexpr double kTolerance = 2e-6;

double slow(const SymmetricMatrix& sums, ConstMatrixView rows) {
  double total = 0.0;
  for (Index r = 0; r < rows.rows(); ++r)
    for (Index i = 0; i < rows.cols(); ++i)
      for (Index j = 0; j < rows.cols(); ++j)
        total += static_cast<double>(rows(r, i)) * sums(i, j) * static_cast<double>(rows(r, j));
  return total;
}

SymmetricMatrix moment(Index n, Index tokens) {
  SymmetricMatrix sums(n);
  add_outer_products(random_matrix(tokens, n, 5), sums);
  return sums;
}

TEST(QuadraticForm, IsTheSumOfItsDefinition) {
  for (const Index n : {1, 3, 255, 256, 300})
    for (const Index rows : {1, 128, 131}) {
      SCOPED_TRACE(fmt::format("[{}, {}]", rows, n));
      const SymmetricMatrix sums = moment(n, 40);
      const QuadraticForm form(sums);
      const Matrix a = random_matrix(rows, n, 1), b = random_matrix(rows, n, 2);
      const double expected = slow(sums, a);
      EXPECT_NEAR(form.of(a), expected, kTolerance * expected);
      Matrix difference(rows, n);
      for (Index i = 0; i < a.size(); ++i) difference.data()[i] = a.data()[i] - b.data()[i];
      EXPECT_NEAR(form.of_difference(a, b), slow(sums, difference),
                  kTolerance * slow(sums, difference));
      double trace = 0.0;
      for (Index i = 0; i < n; ++i) trace += sums(i, i);
      EXPECT_DOUBLE_EQ(form.trace(), trace);
    }
}

TEST(QuadraticForm, KeepsItsDigitsOffAHugeDirection) {
  // What GPTQ leaves: δ is orthogonal to the direction in which the inputs are largest.
  const Index n = 300;
  Matrix x = random_matrix(60, n, 3), large(1, n);
  for (Index c = 0; c < n; ++c) large(0, c) = 1000.0f * (c % 2 == 0 ? 1.0f : -1.0f);
  SymmetricMatrix sums(n);
  add_outer_products(x, sums);
  for (int i = 0; i < 20; ++i) add_outer_products(large, sums);
  Matrix d = random_matrix(4, n, 4);
  for (Index r = 0; r < d.rows(); ++r) {
    double along = 0.0;
    for (Index c = 0; c < n; ++c)
      along += static_cast<double>(d(r, c)) * (c % 2 == 0 ? 1.0 : -1.0) / static_cast<double>(n);
    for (Index c = 0; c < n; ++c) d(r, c) -= static_cast<float>(c % 2 == 0 ? along : -along);
  }
  const double expected = slow(sums, d);
  EXPECT_NEAR(QuadraticForm(sums).of(d), expected, 0.05 * expected);
}

TEST(QuadraticForm, HasTheSameBitsForAnyThreads) {
  const SymmetricMatrix sums = moment(260, 30);
  const Matrix a = random_matrix(400, 260, 1);
  double one = 0.0, three = 0.0;
  {
    const Threads threads(1);
    one = QuadraticForm(sums).of(a);
  }
  {
    const Threads threads(3);
    three = QuadraticForm(sums).of(a);
  }
  EXPECT_EQ(one, three);
}

}  // namespace
}  // namespace nf
