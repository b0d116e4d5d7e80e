#include "perturb/top_directions.h"

#include <gtest/gtest.h>

#include <Eigen/Eigenvalues>
#include <Eigen/QR>
#include <cmath>

#include "tests/support/random_matrix.h"
#include "tests/support/tensor_near.h"
#include "tests/support/threads.h"

namespace nf {
namespace {

/// A matrix with these eigenvalues and eigenvectors that are nothing special.
SymmetricMatrix matrix_of(const Eigen::VectorXd& values) {
  const Eigen::Index n = values.size();
  const Eigen::MatrixXd random = to_double(random_matrix(n, n, 7));
  const Eigen::MatrixXd q = Eigen::HouseholderQR<Eigen::MatrixXd>(random).householderQ();
  const Eigen::MatrixXd full = q * values.asDiagonal() * q.transpose();
  SymmetricMatrix matrix(n);
  for (Index r = 0; r < n; ++r)
    for (Index c = 0; c <= r; ++c) matrix.row(r)[c] = full(r, c);
  return matrix;
}

double projector_error(const SymmetricMatrix& matrix, Index k) {
  const Index n = matrix.size();
  Eigen::MatrixXd full(n, n);
  for (Index r = 0; r < n; ++r)
    for (Index c = 0; c < n; ++c) full(r, c) = matrix(r, c);
  const Eigen::MatrixXd top =
      Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(full).eigenvectors().rightCols(k);
  const Directions got = top_directions(matrix, k);
  EXPECT_EQ(got.count, k);
  const Eigen::Map<const RowMatrix> rows(got.values.data(), k, n);
  return (rows.transpose() * rows - top * top.transpose()).norm();
}

Eigen::VectorXd spectrum(Index n, double (*value)(double share)) {
  Eigen::VectorXd values(n);
  for (Index i = 0; i < n; ++i) values(i) = value(static_cast<double>(i) / static_cast<double>(n));
  return values;
}

/// What the reference pages promise.
constexpr double kProjectorTolerance = 1e-6;

TEST(TopDirections, HaveTheProjectorOfAFullDecomposition) {
  const auto steep = [](double share) { return std::exp(-20.0 * share); };
  const auto flat = [](double share) { return 2.0 - share; };
  const auto outlier = [](double share) { return share == 0.0 ? 1e6 : 1.0 / (1.0 + 30.0 * share); };
  for (double (*value)(double) : {+steep, +flat, +outlier})
    for (const Index k : {1, 3, 12})
      EXPECT_LT(projector_error(matrix_of(spectrum(180, value)), k), kProjectorTolerance) << k;
}

TEST(TopDirections, OfASmallMatrixAreThoseOfAllAtOnce) {
  const auto flat = [](double share) { return 2.0 - share; };
  EXPECT_LT(projector_error(matrix_of(spectrum(6, flat)), 2), kProjectorTolerance);
  EXPECT_LT(projector_error(matrix_of(spectrum(6, flat)), 6), kProjectorTolerance);
}

TEST(TopDirections, OfFewerInputsThanFeaturesAreThoseOfTheInputs) {
  const auto low_rank = [](double share) { return share < 0.1 ? 1.0 - 5.0 * share : 0.0; };
  EXPECT_LT(projector_error(matrix_of(spectrum(100, low_rank)), 4), kProjectorTolerance);
  EXPECT_EQ(top_directions(SymmetricMatrix(50), 2).count, 2);
}

TEST(TopDirections, AreOrthonormalAndDoNotDependOnThreads) {
  const auto flat = [](double share) { return 2.0 - share; };
  const SymmetricMatrix matrix = matrix_of(spectrum(120, flat));
  const Directions one = top_directions(matrix, 5);
  const Eigen::Map<const RowMatrix> rows(one.values.data(), 5, 120);
  EXPECT_LT((rows * rows.transpose() - Eigen::MatrixXd::Identity(5, 5)).norm(), 1e-12);
  const Threads threads(3);
  EXPECT_EQ(top_directions(matrix, 5).values, one.values);
}

}  // namespace
}  // namespace nf
