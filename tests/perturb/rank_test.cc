#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/relation_support.h"

namespace nf {
namespace {

/// Rank of value i of a unit by (|x|, place), from 1 on.
double rank_of(const ReferenceUnit& unit, std::size_t i) {
  double rank = 1.0;
  for (std::size_t other = 0; other < unit.sizes.size(); ++other)
    if (unit.sizes[other] < unit.sizes[i] || (unit.sizes[other] == unit.sizes[i] && other < i))
      rank += 1.0;
  return rank;
}

TEST(Rank, WeighsByThePlaceAmongTheUnitsValues) {
  const std::vector<float> x = {1.0f, -2.0f, 4.0f, 0.5f, -1.0f};
  expect_weights(weights_of({{"rank", "up"}}, x), {1, 2, 2.5, 0.5, 1.5});
  expect_weights(weights_of({{"rank", "down"}}, x), {1, 0.5, 0.25, 1.25, 0.75});
}

TEST(Rank, AgreesWithTheReferenceInEveryScope) {
  expect_relation("relation: {rank: up}", rank_of);
  expect_relation("relation: {rank: down}", [](const ReferenceUnit& unit, std::size_t i) {
    return static_cast<double>(unit.sizes.size()) + 1.0 - rank_of(unit, i);
  });
}

TEST(Rank, NeedsAWord) {
  const auto error = [](const std::string& relation) {
    return noise_error("{noise: gaussian, relation: " + relation + ", strength: {snr_db: 20}}");
  };
  EXPECT_EQ(error("rank"), "f.yaml:1:29: relation: rank needs a value; write {rank: up}");
  EXPECT_EQ(error("{rank: sideways}"),
            "f.yaml:1:36: relation.rank: unknown value 'sideways'; known: up (the larger "
            "|x|, the larger the noise), down (the larger |x|, the smaller the noise)");
}

}  // namespace
}  // namespace nf
