#include "eval/allocate/storage_size.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

double bits_a_weight(const Json& entry, const Json& notes = nullptr) {
  return static_cast<double>(storage_size(entry, notes, 128, 256)) / (128.0 * 256.0);
}

TEST(StorageSize, CountsScalesZeroPointsAndFittedLevels) {
  const Json g64 = {{"group", 64}};
  EXPECT_DOUBLE_EQ(
      bits_a_weight({{"grid", "uniform"}, {"bits", 4}, {"symmetric", false}, {"granularity", g64}}),
      4.3125);
  EXPECT_DOUBLE_EQ(bits_a_weight({{"grid", "uniform"}, {"bits", 4}, {"granularity", g64}}), 4.25);
  EXPECT_DOUBLE_EQ(
      bits_a_weight(
          {{"grid", "uniform"}, {"bits", 3}, {"symmetric", true}, {"granularity", "channel"}}),
      3.0 + 16.0 / 256.0);
  EXPECT_DOUBLE_EQ(bits_a_weight({{"grid", "nf4"}, {"bits", 4}, {"granularity", "tensor"}}),
                   4.0 + 16.0 / (128.0 * 256.0));
  EXPECT_DOUBLE_EQ(bits_a_weight({{"grid", "kmeans"}, {"bits", 3}, {"granularity", "channel"}}),
                   3.0 + 16.0 * 8.0 / 256.0);
}

TEST(StorageSize, TakesTheGroupsThatWereChosen) {
  const Json adaptive = {{"grid", "uniform"}, {"bits", 4}, {"granularity", {{"adaptive", 96}}}};
  EXPECT_DOUBLE_EQ(bits_a_weight(adaptive, {{"axis", "out"}}), 4.0 + 16.0 * 3 / 256.0);
  EXPECT_DOUBLE_EQ(bits_a_weight(adaptive, {{"axis", "in"}}), 4.0 + 16.0 * 2 / 128.0);
  const Json automatic = {
      {"grid", "uniform"}, {"bits", 4}, {"granularity", {{"auto", {{"coarsest", 256}}}}}};
  EXPECT_DOUBLE_EQ(bits_a_weight(automatic, {{"group", 32}}), 4.5);
}

}  // namespace
}  // namespace nf
