#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/relation_support.h"

namespace nf {
namespace {

TEST(Proportional, WeighsByTheMagnitude) {
  expect_weights(weights_of("proportional", {1.0f, -2.0f, 4.0f, 0.5f, 0.0f}), {1, 2, 4, 0.5, 0});
}

TEST(Proportional, AgreesWithTheReferenceInEveryScope) {
  expect_relation("relation: proportional",
                  [](const ReferenceUnit& unit, std::size_t i) { return unit.sizes[i]; });
}

}  // namespace
}  // namespace nf
