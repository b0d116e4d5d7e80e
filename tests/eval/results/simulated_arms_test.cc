#include "eval/results/simulated_arms.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

ResultRow row(const std::string& name, std::uint64_t seed, const Json& vars) {
  return {.key = {.id = name, .name = name, .model = "opt", .seed = seed, .vars = vars}};
}

TEST(SimulatedArms, AreThoseOfTheSameTrialPointAndSeed) {
  const std::vector<ResultRow> rows = {row("w", 0, {{"bits", 8}, {"execute", "simulated"}}),
                                       row("w", 0, {{"bits", 8}, {"execute", "integer"}}),
                                       row("w", 1, {{"bits", 8}, {"execute", "integer"}}),
                                       row("w", 0, {{"bits", 7}, {"execute", "integer"}}),
                                       row("v", 0, {{"bits", 8}, {"execute", "integer"}}),
                                       row("u", 0, {{"bits", 8}})};
  const SimulatedArms arms(rows);
  EXPECT_EQ(arms.of(rows[0]), nullptr);
  EXPECT_EQ(arms.of(rows[1]), &rows[0]);
  for (std::size_t i = 2; i < rows.size(); ++i) EXPECT_EQ(arms.of(rows[i]), nullptr) << i;
  EXPECT_EQ(arms_of(rows[0].key), arms_of(rows[1].key));
  EXPECT_NE(arms_of(rows[1].key), arms_of(rows[2].key));
  EXPECT_EQ(arms_of(rows.back().key), std::nullopt);
}

}  // namespace
}  // namespace nf
