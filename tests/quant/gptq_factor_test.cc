#include "quant/gptq_factor.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>

#include "perturb/outer_products.h"
#include "tests/quant/gptq_test_data.h"
#include "tests/support/tensor_near.h"
#include "tests/support/threads.h"

namespace nf {
namespace {

SymmetricMatrix moment_of(Index in) {
  SymmetricMatrix sums(in);
  add_outer_products(correlated_inputs(2 * in, in, 5), sums);
  return sums;
}

/// L by three factorisations, as the authors' code has it: U of H⁻¹ = UᵀU, its rows divided by its
/// diagonal, the inverse of that, transposed.
RowMatrix expected_feedback(const GptqMoment& h, double damping) {
  const Index n = h.size();
  RowMatrix dense(n, n);
  for (Index r = 0; r < n; ++r) h.copy(r, 0, {dense.data() + r * n, static_cast<std::size_t>(n)});
  dense.diagonal().array() += damping * h.mean_diagonal();
  const RowMatrix inverse = dense.inverse();
  const RowMatrix u = Eigen::LLT<RowMatrix>(inverse).matrixU();
  const RowMatrix unit = u.diagonal().cwiseInverse().asDiagonal() * u;
  return unit.inverse().transpose();
}

TEST(GptqFactor, IsTheInverseOfTheAuthorsFactor) {
  // Of products in f32, under a damping of one percent.
  constexpr double kTolerance = 2e-4;
  for (const Index in : {1, 5, 37, 128, 129, 300}) {
    const SymmetricMatrix sums = moment_of(in);
    for (const bool by_size : {false, true}) {
      const GptqMoment h(sums, 2.0 / 3, by_size);
      const std::optional<Matrix> feedback = gptq_feedback(h, 0.01);
      ASSERT_TRUE(feedback);
      const RowMatrix expected = expected_feedback(h, 0.01);
      for (Index r = 0; r < in; ++r)
        for (Index c = 0; c < r; ++c)
          ASSERT_NEAR(static_cast<double>((*feedback)(r, c)), expected(r, c),
                      kTolerance * (1.0 + expected.row(r).cwiseAbs().maxCoeff()))
              << in << " features, " << r << ", " << c;
    }
  }
}

TEST(GptqFactor, ThreadsChangeNoBit) {
  const SymmetricMatrix sums = moment_of(700);
  const GptqMoment h(sums, 1.0, false);
  Matrix one, four;
  {
    const Threads threads(1);
    one = *gptq_feedback(h, 0.01);
  }
  {
    const Threads threads(4);
    four = *gptq_feedback(h, 0.01);
  }
  for (Index r = 0; r < h.size(); ++r)
    for (Index c = 0; c < r; ++c) ASSERT_EQ(one(r, c), four(r, c));
}

TEST(GptqFactor, FailsWhereTheMomentIsNotPositiveDefinite) {
  SymmetricMatrix sums(200);  // of one token, in products of f32
  Matrix token = bell_matrix(1, 200, 9);
  add_outer_products(token, sums);
  EXPECT_FALSE(gptq_feedback(GptqMoment(sums, 1.0, false), 0.0));
  EXPECT_TRUE(gptq_feedback(GptqMoment(sums, 1.0, false), 0.01));
  sums.row(150)[150] = -1.0;
  EXPECT_FALSE(gptq_feedback(GptqMoment(sums, 1.0, false), 0.01));
}

TEST(GptqMoment, CountsDeadFeaturesAsOneInItsOwnScale) {
  SymmetricMatrix sums(3);
  sums.row(0)[0] = 8.0;
  sums.row(2)[2] = 4.0;
  const GptqMoment h(sums, 0.25, false);
  EXPECT_DOUBLE_EQ(h.mean_diagonal(), (2.0 + 1.0 + 1.0) / 3);
}

TEST(GptqMoment, SortsByTheDiagonalThenByIndex) {
  SymmetricMatrix sums(4);
  for (const auto& [feature, size] : {std::pair<Index, double>{0, 2.0}, {1, 4.0}, {3, 2.0}})
    sums.row(feature)[feature] = size;
  sums.row(3)[1] = 0.5;
  const GptqMoment h(sums, 1.0, true);
  EXPECT_EQ(h.order(), (std::vector<Index>{1, 0, 3, 2}));  // the dead one is 1
  std::vector<double> row(4);
  h.copy(2, 0, row);
  EXPECT_EQ(row, (std::vector<double>{0.5, 0.0, 2.0, 0.0}));
}

}  // namespace
}  // namespace nf
