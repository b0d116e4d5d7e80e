#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "eval/metrics/metric_registry.h"
#include "tests/support/builtin_kinds.h"

namespace nf {
namespace {

double bits_per_byte(const TextSums& text) {
  return builtin_metrics().at("bits_per_byte").value(text);
}

TEST(BitsPerByte, IsTheNllInBitsOverTheBytesOfTheScoredTokens) {
  // 8 tokens of 2 bits each, together 32 bytes: half a bit a byte.
  EXPECT_DOUBLE_EQ(
      bits_per_byte({.sums = {.tokens = 8, .nll = 16.0 * std::numbers::ln2}, .bytes = 32}), 0.5);
  EXPECT_FALSE(builtin_metrics().at("bits_per_byte").higher_is_better);
}

TEST(BitsPerByte, IsNoNumberWhereBytesAreNotKnown) {
  EXPECT_TRUE(std::isnan(bits_per_byte({.sums = {.tokens = 8, .nll = 20.0}})));
  EXPECT_TRUE(std::isnan(bits_per_byte({.sums = {.tokens = 8, .nll = 20.0}, .bytes = 0})));
}

}  // namespace
}  // namespace nf
