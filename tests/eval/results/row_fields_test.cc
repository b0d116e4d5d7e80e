#include "eval/results/row_fields.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

TEST(RowFields, AreIdNameModelSeedAndVariables) {
  const RowKey key = {.id = "a",
                      .name = "noise, big",
                      .model = "m",
                      .seed = 7,
                      .vars = {{"r", 0.1}, {"dist", "laplace"}}};
  EXPECT_EQ(row_fields(key, {"dist", "bits", "r"}),
            (std::vector<std::string>{"a", "noise, big", "m", "7", "laplace", "", "0.1"}));
  EXPECT_EQ(row_fields({.id = "b", .name = "baseline", .model = "m"}, {"r"}),
            (std::vector<std::string>{"b", "baseline", "m", "", ""}));
}

TEST(SweepVariables, StandInOrderOfFirstAppearance) {
  RowKey first, second, search;
  first.vars = {{"r", 0.1}, {"dist", "laplace"}};
  second.vars = {{"bits", 4}, {"r", 1}};
  search.search.emplace();  // one that has no step yet
  EXPECT_EQ(sweep_variables({first, second, search}),
            (std::vector<std::string>{"r", "dist", "bits", "bisect"}));
}

TEST(SweepVariables, HaveTheTwinLast) {
  RowKey first, second;
  first.vars = {{"bits", 4}, {"twin", "permuted"}};
  second.vars = {{"r", 0.1}};
  EXPECT_EQ(sweep_variables({first, second}), (std::vector<std::string>{"bits", "r", "twin"}));
}

TEST(PooledKey, HasTheSeedOfOneConditionAlone) {
  ResultRow first, same, other;
  first.key = {.id = "a", .name = "n", .model = "m", .seed = 3};
  same.key = {.id = "a", .name = "n", .model = "m", .seed = 4};  // nothing is drawn
  other.key = {.id = "b", .name = "n", .model = "m", .seed = 4};
  EXPECT_EQ(pooled_key({&first, &same}).seed, 3u);
  EXPECT_EQ(pooled_key({&first, &other}).seed, std::nullopt);
  EXPECT_EQ(pooled_key({&first, &other}).id, "a");
}

}  // namespace
}  // namespace nf
