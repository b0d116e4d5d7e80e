#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/relation_support.h"

namespace nf {
namespace {

TEST(Inverse, WeighsByTheDistanceToTheLargest) {
  expect_weights(weights_of("inverse", {1.0f, -2.0f, 4.0f, 0.5f}), {1, 2.0 / 3, 0, 3.5 / 3});
}

TEST(Inverse, AgreesWithTheReferenceInEveryScope) {
  expect_relation("relation: inverse", [](const ReferenceUnit& unit, std::size_t i) {
    return unit.largest() - unit.sizes[i];
  });
}

}  // namespace
}  // namespace nf
