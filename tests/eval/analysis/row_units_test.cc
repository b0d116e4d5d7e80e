#include "eval/analysis/row_units.h"

#include <gtest/gtest.h>

#include <string>

namespace nf {
namespace {

RowKey row(const std::string& id, const std::string& name, const Json& vars = Json::object()) {
  return {.id = id, .name = name, .model = "opt", .seed = 0, .vars = vars};
}

/// "0 2*, 1": the rows of each unit, a common one marked.
std::string shown(const std::vector<RowKey>& keys) {
  std::string text;
  for (const RowUnit& unit : row_units(keys)) {
    text += text.empty() ? "" : ", ";
    for (std::size_t i = 0; i < unit.rows.size(); ++i)
      text += (i > 0 ? " " : "") + std::to_string(unit.rows[i]);
    if (unit.is_common) text += "*";
  }
  return text;
}

TEST(RowUnits, AreLines) {
  EXPECT_EQ(shown({}), "");
  EXPECT_EQ(shown({row("b", "baseline"), row("1", "w", {{"bits", 3}}), row("2", "w", {{"bits", 4}}),
                   row("3", "w", {{"bits", 3}}), row("4", "x", {{"bits", 3}})}),
            "0*, 1 3, 2, 4");
  RowKey other = row("2", "w");
  other.model = "llama";
  EXPECT_EQ(shown({row("1", "w"), other}), "0, 1");
}

TEST(RowUnits, HaveAllRowsOfAnId) {
  EXPECT_EQ(shown({row("1", "w"), row("2", "x"), row("1", "y")}), "0 2, 1");
  EXPECT_EQ(shown({row("b", "baseline"), row("b", "w"), row("2", "w")}), "0 1 2*");
}

TEST(RowUnits, HaveAllLevelsOfADesignWhoseEffectsAreTold) {
  const auto level = [](const std::string& id, const std::string& name, Design design) {
    RowKey key = row(id, "pair", {{"role", name}, {"bits", 4}});
    key.design = std::move(design);
    return key;
  };
  const Design pairs = {.kind = "pairs", .factor = "role"},
               each = {.kind = "each", .factor = "role"};
  EXPECT_EQ(shown({level("1", "q", pairs), row("2", "x"), level("3", "q+k", pairs)}), "0 2, 1");
  EXPECT_EQ(shown({level("1", "q", each), row("2", "x"), level("3", "q+k", each)}), "0, 1, 2");
}

TEST(RowUnits, HaveATrialWithItsTwins) {
  EXPECT_EQ(
      shown({row("1", "w", {{"bits", 3}, {"twin", ""}}), row("2", "w", {{"bits", 4}, {"twin", ""}}),
             row("3", "w", {{"bits", 3}, {"twin", "permuted"}})}),
      "0 2, 1");
}

TEST(RowUnits, HaveTheArmsOfATrial) {
  EXPECT_EQ(shown({row("1", "w", {{"bits", 3}, {"execute", "simulated"}}),
                   row("2", "w", {{"bits", 4}, {"execute", "simulated"}}),
                   row("3", "w", {{"bits", 3}, {"execute", "integer"}})}),
            "0 2, 1");
}

TEST(RowUnits, KeepTheFloorForAll) {
  RowKey floor = row("f", kFloorName);
  floor.seed.reset();
  EXPECT_EQ(shown({row("1", "w"), floor}), "0, 1*");
}

}  // namespace
}  // namespace nf
