#include "perturb/output_error.h"

#include <gtest/gtest.h>

#include "core/base/error.h"
#include "tests/support/gather_statistics.h"
#include "tests/support/random_matrix.h"
#include "tests/support/tensor_near.h"
#include "tests/support/threads.h"

namespace nf {
namespace {

/// Share of Σ |δ|·|M|·|δ|: products are summed in f32 over 256 features of M rounded to f32.
constexpr double kTolerance = 2e-7;

SymmetricMatrix moment_of(const Matrix& x) {
  SymmetricMatrix moment(x.cols());
  for (Index r = 0; r < x.cols(); ++r)
    for (Index c = 0; c <= r; ++c)
      for (Index t = 0; t < x.rows(); ++t)
        moment.row(r)[c] += static_cast<double>(x(t, r)) * static_cast<double>(x(t, c));
  return moment;
}

/// One tile, several with the last in part, of features (256), rows (128) and bands (1024).
TEST(OutputError, IsThatOfTheDefinition) {
  for (const Index out : {1, 40, 128, 200, 1100})
    for (const Index in : {1, 32, 256, 300}) {
      const Matrix x = random_matrix(50, in, 3), delta = random_matrix(out, in, 4, 0.01f);
      const RowMatrix d = to_double(delta), all = to_double(x);
      const double expected = (all * d.transpose()).squaredNorm();
      const RowMatrix size = all.cwiseAbs().transpose() * all.cwiseAbs();
      const double scale = (d.cwiseAbs() * size).cwiseProduct(d.cwiseAbs()).sum();
      EXPECT_NEAR(output_error(delta, moment_of(x)), expected, kTolerance * scale)
          << out << " rows of " << in;
    }
}

TEST(OutputError, HasTheSameBitsOnAnyNumberOfThreads) {
  const Matrix delta = random_matrix(300, 700, 1);
  const SymmetricMatrix moment = moment_of(random_matrix(20, 700, 2));
  const Threads one(1);
  const double alone = output_error(delta, moment);
  for (const Index threads : {2, 3, 8}) {
    set_thread_count(threads);
    EXPECT_EQ(output_error(delta, moment), alone);
  }
}

TEST(OutputError, ReadsStridedRows) {
  const Matrix wide = random_matrix(50, 64, 5);
  Matrix narrow(50, 20);
  for (Index r = 0; r < 50; ++r) std::copy_n(wide.view().row(r) + 7, 20, narrow.view().row(r));
  const SymmetricMatrix moment = moment_of(random_matrix(30, 20, 2));
  EXPECT_EQ(output_error(wide.view().middle_cols(7, 20), moment), output_error(narrow, moment));
}

/// Inputs that are all one vector, and δ at a right angle to it: rounding alone is left, of either
/// sign.
TEST(OutputError, IsNeverNegative) {
  for (const std::uint64_t seed : {1u, 2u, 3u, 4u, 5u, 6u, 7u, 8u}) {
    const Matrix x = random_matrix(1, 24, seed);
    Matrix delta = random_matrix(16, 24, seed + 100);
    double square = 0.0;
    for (Index c = 0; c < 24; ++c) square += static_cast<double>(x(0, c)) * x(0, c);
    for (Index r = 0; r < 16; ++r) {
      double along = 0.0;
      for (Index c = 0; c < 24; ++c) along += static_cast<double>(delta(r, c)) * x(0, c);
      for (Index c = 0; c < 24; ++c)
        delta.view().row(r)[c] -= static_cast<float>(along / square * x(0, c));
    }
    EXPECT_GE(output_error(delta, moment_of(x)), 0.0) << seed;
  }
}

TEST(OutputError, OfNothingIsZero) {
  EXPECT_EQ(output_error(Matrix(0, 3), SymmetricMatrix(3)), 0.0);
  EXPECT_THROW(output_error(Matrix(2, 3), SymmetricMatrix(4)), InternalError);
}

}  // namespace
}  // namespace nf
