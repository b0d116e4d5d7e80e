#include "eval/allocate/allocation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>

namespace nf {
namespace {

/// Every allocation, one after the other.
std::optional<Allocation> best_of_all(const std::vector<StorageChoices>& sites,
                                      std::int64_t budget) {
  std::optional<Allocation> best;
  std::vector<std::size_t> choices(sites.size(), 0);
  while (true) {
    const Allocation allocation = allocation_of(sites, choices);
    if (allocation.size <= budget && (!best || allocation.damage < best->damage)) best = allocation;
    std::size_t site = 0;
    while (site < sites.size() && ++choices[site] == sites[site].size()) choices[site++] = 0;
    if (site == sites.size()) return best;
  }
}

TEST(Allocation, IsAsGoodAsTheBestOfAll) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 300; ++round) {
    std::vector<StorageChoices> sites;
    std::int64_t most = 0;
    for (int i = 0; i < 6; ++i) {
      StorageChoices& choices = sites.emplace_back();
      for (int k = 0; k < 4; ++k)
        choices.push_back({.size = std::uniform_int_distribution<std::int64_t>(1, 40)(random),
                           .damage = std::uniform_real_distribution(0.0, 1.0)(random)});
      most += 40;
    }
    const std::int64_t budget = std::uniform_int_distribution<std::int64_t>(0, most)(random);
    const std::optional<Allocation> best = best_of_all(sites, budget);
    const std::optional<Allocation> found = allocate(sites, budget);
    ASSERT_EQ(best.has_value(), found.has_value());
    if (!best) continue;
    EXPECT_LE(found->size, budget);
    EXPECT_NEAR(found->damage, best->damage, 1e-12);
  }
}

TEST(Allocation, OfHundredsOfSitesTakesNoTime) {
  std::mt19937_64 random(4);
  std::vector<StorageChoices> sites;
  std::int64_t weights = 0;
  for (int i = 0; i < 560; ++i) {
    const std::int64_t count = std::int64_t{4096} * (i % 7 < 4 ? 4096 : 14336);
    const double sensitivity = std::lognormal_distribution(0.0, 1.0)(random);
    weights += count;
    StorageChoices& choices = sites.emplace_back();
    for (const int bits : {2, 3, 4, 5, 6, 8})
      choices.push_back(
          {.size = count * bits + count / 4, .damage = sensitivity * std::pow(0.25, bits)});
  }
  const std::int64_t budget = weights * 9 / 2;
  const std::optional<Allocation> best = allocate(sites, budget);
  ASSERT_TRUE(best);
  EXPECT_LE(best->size, budget);
  EXPECT_GT(best->size, budget - 4096 * 14336 * 2);
  for (std::uint64_t draw = 0; draw < 5; ++draw) {
    const std::optional<Allocation> random_one = random_allocation(sites, budget, draw);
    EXPECT_LE(random_one->size, budget);
    EXPECT_GT(random_one->size, budget - 4096 * 14336 * 2);
    EXPECT_GT(random_one->damage, best->damage);
    EXPECT_EQ(random_one->choices, random_allocation(sites, budget, draw)->choices);
  }
}

TEST(Allocation, IsNoneWhereNothingFits) {
  const std::vector<StorageChoices> sites = {{{.size = 5, .damage = 1.0}}};
  EXPECT_FALSE(allocate(sites, 4));
  EXPECT_FALSE(random_allocation(sites, 4, 0));
  EXPECT_EQ(allocate(sites, 5)->choices, std::vector<std::size_t>{0});
}

}  // namespace
}  // namespace nf
