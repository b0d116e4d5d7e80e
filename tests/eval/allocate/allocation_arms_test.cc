#include "eval/allocate/allocation_arms.h"

#include <gtest/gtest.h>

#include "core/base/error.h"

namespace nf {
namespace {

/// Four sites of 100 weights at 3, 4 and 5 bits, δ a quarter as large with each bit.
std::vector<AllocationSite> four_sites() {
  std::vector<AllocationSite> sites;
  for (Index layer = 0; layer < 4; ++layer)
    sites.push_back({.site = {.layer = layer, .role = Role::up_proj},
                     .weights = 100,
                     .sizes = {300, 400, 500},
                     .t2 = {0.16, 0.04, 0.01},
                     .l2 = {0.16, 0.04, 0.01}});
  return sites;
}

/// The last layer minds noise most.
double weight(const std::string& site) { return site == "layers.3.up_proj.weight" ? 100.0 : 1.0; }

const AllocationArm& arm(const std::vector<AllocationArm>& arms, const std::string& name) {
  for (const AllocationArm& arm : arms)
    if (arm.name == name) return arm;
  throw std::runtime_error("no arm " + name);
}

TEST(AllocationArms, HoldTheLawsChoiceAgainstOthersOfItsSize) {
  const std::vector<AllocationArm> arms =
      allocation_arms(four_sites(), {.bits = {3, 4, 5}, .weight = weight, .bits_a_weight = 4.25});
  ASSERT_EQ(arms.size(), 9u);
  const AllocationArm& chosen = arms.front();
  EXPECT_EQ(chosen.name, "allocated");
  EXPECT_EQ(chosen.allocation.size, 1700);
  EXPECT_EQ(chosen.allocation.choices, (std::vector<std::size_t>{1, 1, 1, 2}));
  EXPECT_NEAR(chosen.allocation.damage, 3 * 0.04 + 100.0 * 0.01, 1e-12);
  EXPECT_EQ(arm(arms, "uniform-4").allocation.size, 1600);
  EXPECT_EQ(arm(arms, "uniform-5").allocation.size, 2000);
  EXPECT_EQ(arm(arms, "by-l2").allocation.size, 1700);
  for (const char* name : {"random-1", "random-2", "random-3", "random-4", "random-5"}) {
    EXPECT_EQ(arm(arms, name).allocation.size, 1700) << name;
    EXPECT_GE(arm(arms, name).allocation.damage, chosen.allocation.damage) << name;
  }
}

TEST(AllocationArms, HaveOneUniformArmWhereTheSizeIsTheLargest) {
  const std::vector<AllocationArm> arms =
      allocation_arms(four_sites(), {.bits = {3, 4, 5}, .weight = weight, .bits_a_weight = 6.0});
  EXPECT_EQ(arms.size(), 8u);
  EXPECT_EQ(arms[0].allocation.size, 2000);
  EXPECT_EQ(arms[1].name, "uniform-5");
}

TEST(AllocationArms, RefuseASizeBelowTheSmallest) {
  EXPECT_THROW(
      allocation_arms(four_sites(), {.bits = {3, 4, 5}, .weight = weight, .bits_a_weight = 2.9}),
      ConfigError);
}

/// 4.1 * 25600 is 104959.99... in doubles.
TEST(AllocationArms, HaveTheSizeThatWasAskedForToTheBit) {
  const std::vector<AllocationSite> sites = {{.site = {.layer = 0, .role = Role::up_proj},
                                              .weights = 25600,
                                              .sizes = {79360, 104960},
                                              .t2 = {0.16, 0.04},
                                              .l2 = {0.16, 0.04}}};
  const AllocationRequest request{.bits = {3, 4}, .weight = weight, .bits_a_weight = 4.1};
  EXPECT_EQ(allocation_arms(sites, request).front().allocation.size, 104960);
}

/// 3.11111... would be refused again as 3.1111.
TEST(AllocationArms, AdviseASizeThatIsEnough) {
  const std::vector<AllocationSite> sites = {{.site = {.layer = 0, .role = Role::up_proj},
                                              .weights = 90,
                                              .sizes = {280, 370},
                                              .t2 = {0.16, 0.04},
                                              .l2 = {0.16, 0.04}}};
  AllocationRequest request{.bits = {3, 4}, .weight = weight, .bits_a_weight = 3.0};
  try {
    allocation_arms(sites, request);
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("take 3.1112 a weight"), std::string::npos)
        << error.what();
  }
  request.bits_a_weight = 3.1112;
  EXPECT_EQ(allocation_arms(sites, request).front().allocation.size, 280);
}

}  // namespace
}  // namespace nf
