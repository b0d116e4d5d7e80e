#include "tests/support/tensor_near.h"

#include <fmt/format.h>

#include <cmath>
#include <cstring>

namespace nf {
namespace {

::testing::AssertionResult other_shape(ConstMatrixView got, Index rows, Index cols) {
  return ::testing::AssertionFailure()
         << fmt::format("shape [{}, {}], expected [{}, {}]", got.rows(), got.cols(), rows, cols);
}

}  // namespace

RowMatrix to_double(ConstMatrixView x) {
  RowMatrix out(x.rows(), x.cols());
  for (Index r = 0; r < x.rows(); ++r)
    for (Index c = 0; c < x.cols(); ++c) out(r, c) = static_cast<double>(x(r, c));
  return out;
}

::testing::AssertionResult tensor_near(ConstMatrixView got, const RowMatrix& expected,
                                       double tolerance) {
  if (got.rows() != expected.rows() || got.cols() != expected.cols())
    return other_shape(got, expected.rows(), expected.cols());
  double worst = -1.0;
  Index row = 0, col = 0;
  for (Index r = 0; r < got.rows(); ++r)
    for (Index c = 0; c < got.cols(); ++c) {
      const double difference = std::abs(static_cast<double>(got(r, c)) - expected(r, c));
      if (difference <= worst) continue;
      worst = difference;
      row = r;
      col = c;
      if (std::isnan(difference))
        return ::testing::AssertionFailure()
               << fmt::format("at [{}, {}]: {}, expected {}", r, c, got(r, c), expected(r, c));
    }
  if (worst <= tolerance) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure()
         << fmt::format("worst at [{}, {}]: {}, expected {}: off by {:.3g}, allowed {:.3g}", row,
                        col, got(row, col), expected(row, col), worst, tolerance);
}

::testing::AssertionResult equal_bits(ConstMatrixView got, ConstMatrixView expected) {
  if (got.rows() != expected.rows() || got.cols() != expected.cols())
    return other_shape(got, expected.rows(), expected.cols());
  for (Index r = 0; r < got.rows(); ++r)
    for (Index c = 0; c < got.cols(); ++c)
      if (std::memcmp(got.row(r) + c, expected.row(r) + c, sizeof(float)) != 0)
        return ::testing::AssertionFailure() << fmt::format("at [{}, {}]: {:.9g}, expected {:.9g}",
                                                            r, c, got(r, c), expected(r, c));
  return ::testing::AssertionSuccess();
}

}  // namespace nf
