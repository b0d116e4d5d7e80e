#include <gtest/gtest.h>

#include "tests/support/draw_sample.h"

namespace nf {
namespace {

TEST(Rademacher, FollowsItsDefinition) {
  expect_definition(draws_of("rademacher"),
                    [](const ReferenceWords& words) { return words.word0 >> 31 ? -1.0 : 1.0; });
}

TEST(Rademacher, IsOneOrMinusOneWithEqualChances) {
  constexpr Index kCount = 1 << 20;
  Index positive = 0;
  for (const float v : draw_sample(draws_of("rademacher"), kCount)) {
    ASSERT_EQ(std::abs(v), 1.0f);
    positive += v > 0.0f;
  }
  EXPECT_NEAR(static_cast<double>(positive), kCount / 2, kSigmas * std::sqrt(kCount / 4.0));
}

TEST(Rademacher, SignsDoNotFollowEachOther) {
  constexpr Index kCount = 1 << 20;
  const std::vector<float> z = draw_sample(draws_of("rademacher"), kCount);
  Index changes = 0;
  for (std::size_t i = 1; i < z.size(); ++i) changes += z[i] != z[i - 1];
  EXPECT_NEAR(static_cast<double>(changes), kCount / 2, kSigmas * std::sqrt(kCount / 4.0));
}

}  // namespace
}  // namespace nf
