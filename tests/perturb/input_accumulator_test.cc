#include "perturb/input_accumulator.h"

#include <gtest/gtest.h>

#include "tests/reference/input_statistics_reference.h"
#include "tests/support/gather_statistics.h"
#include "tests/support/random_matrix.h"
#include "tests/support/threads.h"

namespace nf {
namespace {

/// Share of a sum of sizes: doubles, up to 1300 of them.
constexpr double kSumTolerance = 1e-13;
/// Share of Σ |x|·|x|: products are summed in f32 over 512 tokens (outer_products_test.cc).
constexpr double kMomentTolerance = 5e-6;

constexpr InputNeeds kAll{
    .ranges = true, .second_moment = true, .sample = true, .weight_ranges = true};

/// Windows of different lengths, so that rows of the sample fall anywhere in them; features of
/// different sizes, some of them always 0.
std::vector<Matrix> windows_of(Index in, const std::vector<Index>& lengths) {
  std::vector<Matrix> windows;
  for (const Index length : lengths) {
    windows.push_back(random_matrix(length, in, static_cast<std::uint64_t>(length)));
    for (Index r = 0; r < length; ++r)
      for (Index c = 0; c < in; ++c) windows.back()(r, c) *= static_cast<float>(c % 5);
  }
  return windows;
}
std::vector<Matrix> two_weights(Index in) {
  std::vector<Matrix> weights;
  weights.push_back(random_matrix(7, in, 1));
  weights.push_back(random_matrix(12, in, 2));
  return weights;
}

void expect_same(const InputStatistics& a, const InputStatistics& b) {
  EXPECT_EQ(a.max_abs, b.max_abs);
  EXPECT_EQ(a.lowest, b.lowest);
  EXPECT_EQ(a.highest, b.highest);
  EXPECT_EQ(a.sum, b.sum);
  EXPECT_EQ(a.sum_abs, b.sum_abs);
  EXPECT_EQ(a.sum_squares, b.sum_squares);
  for (Index r = 0; r < a.in; ++r)
    for (Index c = 0; c <= r; ++c) ASSERT_EQ(a.second_moment(r, c), b.second_moment(r, c));
  EXPECT_TRUE(equal_bits(a.sample, b.sample));
  EXPECT_EQ(a.max_abs_weight, b.max_abs_weight);
}

TEST(InputAccumulator, GathersWhatTheDefinitionsSay) {
  for (const Index in : {1, 37, 300})
    for (const std::vector<Index>& lengths :
         {std::vector<Index>{1}, {24, 24}, {600, 3, 700}, {513, 512}}) {
      SCOPED_TRACE(fmt::format("{} features, {} windows", in, lengths.size()));
      const std::vector<Matrix> windows = windows_of(in, lengths), weights = two_weights(in);
      const InputStatisticsPtr got = gather_statistics(kAll, windows, weights);
      const ReferenceInputStatistics expected = reference_input_statistics(windows, weights);
      EXPECT_EQ(got->in, in);
      EXPECT_EQ(got->size.windows, std::ssize(lengths));
      for (Index f = 0; f < in; ++f) {
        const auto i = static_cast<std::size_t>(f);
        EXPECT_EQ(static_cast<double>(got->max_abs[i]), expected.max_abs[i]);
        EXPECT_EQ(static_cast<double>(got->lowest[i]), expected.lowest[i]);
        EXPECT_EQ(static_cast<double>(got->highest[i]), expected.highest[i]);
        EXPECT_EQ(static_cast<double>(got->max_abs_weight[i]), expected.max_abs_weight[i]);
        const double size = kSumTolerance * expected.sum_abs[i];
        EXPECT_NEAR(got->sum[i], expected.sum[i], size);
        EXPECT_NEAR(got->sum_abs[i], expected.sum_abs[i], size);
        EXPECT_NEAR(got->sum_squares[i], expected.sum_squares[i],
                    kSumTolerance * expected.sum_squares[i]);
        for (Index other = 0; other < in; ++other)
          ASSERT_NEAR(got->second_moment(f, other), expected.second_moment(f, other),
                      kMomentTolerance * expected.abs_second_moment(f, other));
      }
      EXPECT_TRUE(tensor_near(got->sample, expected.sample, 0.0));
    }
}

TEST(InputAccumulator, KeepsTheFirstWindowsAsTheyAre) {
  for (const std::size_t count : {2u, 4u, 6u}) {
    const std::vector<Matrix> windows = windows_of(5, std::vector<Index>(count, 7));
    const InputStatisticsPtr got = gather_statistics({.first_windows = true}, windows);
    const Index kept = std::min<Index>(4, static_cast<Index>(count));
    EXPECT_EQ(got->size.first_windows(), kept);
    EXPECT_DOUBLE_EQ(got->size.first_tokens(), static_cast<double>(7 * kept));
    ASSERT_EQ(got->first_windows.rows(), 7 * kept);
    for (Index r = 0; r < 7 * kept; ++r)
      for (Index c = 0; c < 5; ++c)
        ASSERT_EQ(got->first_windows(r, c), windows[static_cast<std::size_t>(r / 7)](r % 7, c));
    EXPECT_TRUE(got->has({.first_windows = true}));
    EXPECT_FALSE(got->has({.ranges = true}));
  }
}

TEST(InputAccumulator, GathersTheSameBitsOnAnyNumberOfThreads) {
  const std::vector<Matrix> windows = windows_of(600, {600, 3, 130}), weights = two_weights(600);
  const Threads one(1);
  const InputStatisticsPtr alone = gather_statistics(kAll, windows, weights);
  for (const Index threads : {2, 3, 8}) {
    set_thread_count(threads);
    expect_same(*gather_statistics(kAll, windows, weights), *alone);
  }
  // Inside a thread's own work, too.
  std::vector<InputStatisticsPtr> inside(3);
  parallel_for(3, [&](Index i) {
    inside[static_cast<std::size_t>(i)] = gather_statistics(kAll, windows, weights);
  });
  for (const InputStatisticsPtr& statistics : inside) expect_same(*statistics, *alone);
}

TEST(InputAccumulator, TakesWeightsInAnyOrderAndInPieces) {
  const std::vector<Matrix> windows = windows_of(20, {4}), weights = two_weights(20);
  const InputStatisticsPtr whole = gather_statistics(kAll, windows, weights);
  InputAccumulator pieces(kAll, 20, {.tokens = 4, .windows = 1});
  pieces.add_weight(weights[1].view().middle_rows(5, 7));
  pieces.add_weight(weights[0]);
  pieces.add(0, windows[0]);
  pieces.add_weight(weights[1].view().middle_rows(0, 5));
  expect_same(*std::move(pieces).finish(), *whole);
}

TEST(InputAccumulator, TakesTheWindowsOfTheSetInOrderAndAllOfThem) {
  const std::vector<Matrix> windows = windows_of(8, {4, 5});
  const CalibrationSize size{.tokens = 9, .windows = 2};
  const InputNeeds ranges{.ranges = true};
  InputAccumulator skipping(ranges, 8, size);
  EXPECT_THROW(skipping.add(1, windows[1]), InternalError);
  InputAccumulator twice(ranges, 8, size);
  twice.add(0, windows[0]);
  EXPECT_THROW(twice.add(0, windows[0]), InternalError);
  EXPECT_THROW(std::move(twice).finish(), InternalError);  // one window is missing
  InputAccumulator too_long(ranges, 8, {.tokens = 8, .windows = 2});
  too_long.add(0, windows[0]);
  EXPECT_THROW(too_long.add(1, windows[1]), InternalError);
  InputAccumulator more(ranges, 8, {.tokens = 10, .windows = 1});
  more.add(0, windows[0]);
  EXPECT_THROW(more.add(1, windows[1]), InternalError);
  EXPECT_THROW(std::move(more).finish(), InternalError);  // six tokens are missing
  InputAccumulator narrow(ranges, 7, size);
  EXPECT_THROW(narrow.add(0, windows[0]), InternalError);
  EXPECT_THROW(narrow.add_weight(random_matrix(3, 8, 1)), InternalError);
  EXPECT_THROW(InputAccumulator(ranges, 0, size), InternalError);
}

TEST(InputAccumulator, NeedsTheWeightsThatItIsAskedFor) {
  const std::vector<Matrix> windows = windows_of(8, {4});
  EXPECT_THROW(gather_statistics({.weight_ranges = true}, windows), InternalError);
  EXPECT_NO_THROW(gather_statistics({.ranges = true}, windows));
}

}  // namespace
}  // namespace nf
