#include "quant/smoothquant_scale.h"

#include <gtest/gtest.h>

#include "tests/reference/channel_scale_reference.h"
#include "tests/support/gather_statistics.h"
#include "tests/support/random_matrix.h"

namespace nf {
namespace {

/// Two powers, a quotient and what they are of: a few roundings in f32.
constexpr double kRounding = 5e-7;

std::vector<Matrix> two(Index rows, Index cols, std::uint64_t salt) {
  std::vector<Matrix> both;
  both.push_back(random_matrix(rows, cols, salt));
  both.push_back(random_matrix(rows + 3, cols, salt + 1));
  return both;
}

TEST(SmoothQuantScale, IsThatOfItsFormula) {
  std::vector<Matrix> windows = two(20, 15, 1);
  const std::vector<Matrix> weights = two(9, 15, 7);
  for (Matrix& window : windows)
    for (Index t = 0; t < window.rows(); ++t) {
      window(t, 3) *= 100.0f;
      window(t, 8) = 0.0f;  // is never read
    }
  const InputStatisticsPtr inputs =
      gather_statistics({.ranges = true, .weight_ranges = true}, windows, weights);
  for (const double alpha : {0.0, 0.3, 0.5, 0.8, 1.0}) {
    const std::vector<float> scale = smoothquant_scale(*inputs, alpha);
    const std::vector<double> expected = reference::smoothquant_scale(windows, weights, alpha);
    for (std::size_t j = 0; j < scale.size(); ++j)
      EXPECT_NEAR(static_cast<double>(scale[j]), expected[j], kRounding * expected[j])
          << "alpha " << alpha << ", feature " << j;
    if (alpha > 0.0) {
      EXPECT_EQ(scale[8], 1e-5f);
    }
  }
}

TEST(SmoothQuantScale, TakesWeightsOfZeroForSmallOnes) {
  std::vector<Matrix> windows, weights;
  windows.push_back(random_matrix(4, 2, 1));
  weights.emplace_back(3, 2).fill(0.0f);
  const InputStatisticsPtr inputs =
      gather_statistics({.ranges = true, .weight_ranges = true}, windows, weights);
  const std::vector<float> scale = smoothquant_scale(*inputs, 0.5);
  for (std::size_t j = 0; j < 2; ++j) EXPECT_GT(scale[j], 1.0f);
  EXPECT_EQ(scale, smoothquant_scale(*inputs, 0.5));
}

}  // namespace
}  // namespace nf
