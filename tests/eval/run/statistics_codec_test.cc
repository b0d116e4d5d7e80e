#include "eval/run/statistics_codec.h"

#include <gtest/gtest.h>

#include <span>

#include "core/base/error.h"
#include "tests/support/gather_statistics.h"
#include "tests/support/random_matrix.h"

namespace nf {
namespace {

InputStatisticsPtr some_statistics() {
  std::vector<Matrix> windows, weights;
  for (std::uint64_t w = 0; w < 3; ++w) windows.push_back(random_matrix(11, 7, w));
  weights.push_back(random_matrix(5, 7, 9));
  return gather_statistics({.ranges = true,
                            .second_moment = true,
                            .sample = true,
                            .weight_ranges = true,
                            .first_windows = true},
                           windows, weights);
}

TEST(StatisticsCodec, KeepsEveryPart) {
  const InputStatisticsPtr one = some_statistics();
  std::vector<std::byte> bytes;
  encode_statistics(one.get(), bytes);
  encode_statistics(nullptr, bytes);
  ByteCursor cursor(bytes, "bytes");
  const InputStatisticsPtr back = decode_statistics(cursor);
  EXPECT_EQ(decode_statistics(cursor), nullptr);
  EXPECT_EQ(cursor.left(), 0);
  ASSERT_NE(back, nullptr);
  EXPECT_EQ(back->in, one->in);
  EXPECT_EQ(back->size.tokens, 33);
  EXPECT_EQ(back->size.windows, 3);
  EXPECT_EQ(back->max_abs, one->max_abs);
  EXPECT_EQ(back->lowest, one->lowest);
  EXPECT_EQ(back->highest, one->highest);
  EXPECT_EQ(back->lowest.size(), 7u);
  EXPECT_EQ(back->max_abs_weight, one->max_abs_weight);
  EXPECT_EQ(back->sum, one->sum);
  EXPECT_EQ(back->sum_abs, one->sum_abs);
  EXPECT_EQ(back->sum_squares, one->sum_squares);
  for (Index r = 0; r < 7; ++r)
    for (Index c = 0; c < 7; ++c) EXPECT_EQ(back->second_moment(r, c), one->second_moment(r, c));
  ASSERT_EQ(back->sample.rows(), one->sample.rows());
  EXPECT_TRUE(
      std::equal(one->sample.data(), one->sample.data() + one->sample.size(), back->sample.data()));
  ASSERT_EQ(back->first_windows.rows(), 33);
  EXPECT_TRUE(std::equal(one->first_windows.data(),
                         one->first_windows.data() + one->first_windows.size(),
                         back->first_windows.data()));
  EXPECT_TRUE(back->has({.ranges = true,
                         .second_moment = true,
                         .sample = true,
                         .weight_ranges = true,
                         .first_windows = true}));
}

TEST(StatisticsCodec, RefusesBytesThatAreCutOff) {
  std::vector<std::byte> bytes;
  encode_statistics(some_statistics().get(), bytes);
  for (const std::size_t size : {std::size_t{1}, std::size_t{30}, bytes.size() - 1}) {
    ByteCursor cursor(std::span<const std::byte>(bytes).first(size), "bytes");
    EXPECT_THROW(decode_statistics(cursor), DataError) << size;
  }
}

}  // namespace
}  // namespace nf
