#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/relation_support.h"

namespace nf {
namespace {

TEST(Reflected, WeighsByTheDistanceToTheLargest) {
  expect_weights(weights_of("reflected", {1.0f, -2.0f, 4.0f, 0.5f}), {1, 2.0 / 3, 0, 3.5 / 3});
}

TEST(Reflected, AgreesWithTheReferenceInEveryScope) {
  expect_relation("relation: reflected", [](const ReferenceUnit& unit, std::size_t i) {
    return unit.largest() - unit.sizes[i];
  });
}

TEST(Reflected, IsReadByItsFormerNameAndKeepsTheIdsMadeOfIt) {
  const auto config = [](const std::string& relation) {
    return make_noise("{noise: gaussian, relation: " + relation + ", strength: {snr_db: 9}}")
        ->config();
  };
  EXPECT_EQ(config("inverse"), config("reflected"));
  EXPECT_EQ(config("inverse")["relation"], "reflected");
  const Json matched = {{"strength", {{"match", config("inverse")}}}};
  EXPECT_EQ(with_first_relation_names(matched)["strength"]["match"]["relation"], "inverse");
  EXPECT_EQ(with_first_relation_names(config("proportional")), config("proportional"));
}

}  // namespace
}  // namespace nf
