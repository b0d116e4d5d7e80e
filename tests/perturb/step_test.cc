#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/relation_support.h"

namespace nf {
namespace {

TEST(Step, AgreesWithTheReferenceInEveryScope) {
  expect_relation("relation: step, reference: {step: 0.25}",
                  [](const ReferenceUnit& unit, std::size_t i) { return unit.steps[i]; });
}

}  // namespace
}  // namespace nf
