#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/relation_support.h"

namespace nf {
namespace {

TEST(Independent, DoesNotLookAtTheValue) {
  expect_weights(weights_of("independent", {1.0f, -2.0f, 4.0f, 0.0f}), {1, 1, 1, 1});
}

TEST(Independent, AgreesWithTheReferenceInEveryScope) {
  expect_relation("relation: independent", [](const ReferenceUnit&, std::size_t) { return 1.0; });
}

}  // namespace
}  // namespace nf
