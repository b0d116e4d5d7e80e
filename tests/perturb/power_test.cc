#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/support/relation_support.h"

namespace nf {
namespace {

TEST(Power, WeighsByAPowerOfTheMagnitude) {
  const std::vector<float> x = {1.0f, -2.0f, 4.0f, 0.5f};
  expect_weights(weights_of({{"power", 2}}, x), {1, 4, 16, 0.25});
  expect_weights(weights_of({{"power", -1}}, x), {1, 0.5, 0.25, 2});
}

TEST(Power, NegativePowersHaveAFloor) {
  // Root mean square √(5/2); the zero counts as a tenth of it.
  const double floored = 0.1 * std::sqrt(2.5);
  expect_weights(weights_of({{"power", -1}}, {1.0f, 0.0f, 2.0f, std::sqrt(5.0f)}, 0.1),
                 {1, 1 / floored, 0.5, 1 / std::sqrt(5.0)});
}

TEST(Power, OfZero) {
  expect_weights(weights_of({{"power", 0.5}}, {1.0f, 0.0f}), {1, 0});
  expect_weights(weights_of({{"power", 0}}, {1.0f, 0.0f}), {1, 1});
}

TEST(Power, OfTinyAndHugeValuesStaysFinite) {
  for (const float size : {1e-30f, 1e30f})
    for (const double power : {-4.0, 4.0})
      expect_weights(weights_of({{"power", power}}, {size, 2.0f * size}),
                     {1, std::pow(2.0, power)});
}

TEST(Power, AgreesWithTheReferenceInEveryScope) {
  const auto power = [](double p, double floor) {
    return [p, floor](const ReferenceUnit& unit, std::size_t i) {
      return std::pow(std::max(unit.sizes[i], floor * unit.rms()), p);
    };
  };
  expect_relation("relation: {power: 0.5}", power(0.5, 0.0));
  expect_relation("relation: {power: -1}", power(-1.0, 1e-3));
  expect_relation("relation: {power: -0.5}, floor: 0.2", power(-0.5, 0.2));
}

}  // namespace
}  // namespace nf
