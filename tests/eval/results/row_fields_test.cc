#include "eval/results/row_fields.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

TEST(RowFields, AreNameModelSeedAndVariables) {
  const RowKey key = {.id = "a",
                      .name = "noise, big",
                      .model = "m",
                      .seed = 7,
                      .vars = {{"r", 0.1}, {"dist", "laplace"}}};
  EXPECT_EQ(row_fields(key, {"dist", "bits", "r"}),
            (std::vector<std::string>{"noise, big", "m", "7", "laplace", "", "0.1"}));
  EXPECT_EQ(row_fields({.id = "b", .name = "baseline", .model = "m"}, {"r"}),
            (std::vector<std::string>{"baseline", "m", "", ""}));
}

TEST(SweepVariables, StandInOrderOfFirstAppearance) {
  ResultRow first, second;
  first.key.vars = {{"r", 0.1}, {"dist", "laplace"}};
  second.key.vars = {{"bits", 4}, {"r", 1}};
  EXPECT_EQ(sweep_variables({first, second}), (std::vector<std::string>{"r", "dist", "bits"}));
}

}  // namespace
}  // namespace nf
