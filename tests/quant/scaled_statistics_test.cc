#include "quant/scaled_statistics.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/base/error.h"
#include "quant/scaled_columns.h"
#include "tests/support/gather_statistics.h"
#include "tests/support/random_matrix.h"

namespace nf {
namespace {

constexpr InputNeeds kAll{
    .ranges = true, .second_moment = true, .sample = true, .weight_ranges = true};
const std::vector<float> kScale = {4.0f, 0.5f, 1.0f, 0.125f, 2.0f};

std::vector<Matrix> matrices(Index rows, std::uint64_t salt) {
  std::vector<Matrix> all;
  all.push_back(random_matrix(rows, std::ssize(kScale), salt));
  return all;
}

/// Powers of two: nothing is rounded, so that the statistics are the same to the last bit.
TEST(ScaledStatistics, AreThoseOfScaledInputsAndWeights) {
  std::vector<Matrix> x = matrices(30, 1), w = matrices(8, 2);
  const InputStatisticsPtr plain = gather_statistics(kAll, x, w);
  const InputStatistics scaled = scaled_statistics(*plain, kScale, kAll);
  divide_columns(x[0], kScale, x[0]);
  multiply_columns(w[0], kScale, w[0]);
  const InputStatisticsPtr expected = gather_statistics(kAll, x, w);
  EXPECT_EQ(scaled.in, expected->in);
  EXPECT_EQ(scaled.size.tokens, expected->size.tokens);
  EXPECT_EQ(scaled.size.windows, expected->size.windows);
  EXPECT_EQ(scaled.max_abs, expected->max_abs);
  EXPECT_EQ(scaled.lowest, expected->lowest);
  EXPECT_EQ(scaled.highest, expected->highest);
  EXPECT_EQ(scaled.sum, expected->sum);
  EXPECT_EQ(scaled.sum_abs, expected->sum_abs);
  EXPECT_EQ(scaled.sum_squares, expected->sum_squares);
  EXPECT_EQ(scaled.max_abs_weight, expected->max_abs_weight);
  for (Index r = 0; r < scaled.in; ++r)
    for (Index c = 0; c < scaled.in; ++c)
      EXPECT_EQ(scaled.second_moment(r, c), expected->second_moment(r, c));
  for (Index i = 0; i < scaled.sample.size(); ++i)
    EXPECT_EQ(scaled.sample.data()[i], expected->sample.data()[i]);
}

TEST(ScaledStatistics, AreNoMoreThanWasAskedFor) {
  const std::vector<Matrix> x = matrices(30, 1), w = matrices(8, 2);
  const InputStatisticsPtr plain = gather_statistics(kAll, x, w);
  const InputStatistics scaled = scaled_statistics(*plain, kScale, {.sample = true});
  EXPECT_TRUE(scaled.has({.sample = true}));
  for (const InputNeeds& other : {InputNeeds{.ranges = true}, InputNeeds{.second_moment = true},
                                  InputNeeds{.weight_ranges = true}})
    EXPECT_FALSE(scaled.has(other));
  const InputStatisticsPtr less = gather_statistics({.ranges = true}, x);
  EXPECT_THROW(scaled_statistics(*less, kScale, {.second_moment = true}), InternalError);
}

}  // namespace
}  // namespace nf
