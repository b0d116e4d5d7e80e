#include "eval/batch/joined_rows.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "tests/support/run_contents.h"

namespace nf {
namespace {

RowKey of_model(RowKey row, const std::string& model) {
  row.model = model;
  return row;
}

RowKey floor_row() { return {.id = "f", .name = kFloorName, .model = "opt"}; }

std::vector<std::string> ids_of(std::vector<RowKey> rows) {
  std::vector<std::string> ids;
  for (const RowKey& row : rows) ids.push_back(row.id);
  return ids;
}

using Ids = std::vector<std::string>;

TEST(JoinedRows, StandBehindThoseOfTheirModel) {
  JoinedRows joined;
  joined.add({window_row("b", "baseline"), window_row("t3", "w", {{"bits", 3}}),
              of_model(window_row("c", "baseline"), "llama")},
             "first");
  joined.add({window_row("t4", "w", {{"bits", 4}}), window_row("t3", "w", {{"bits", 3.0}}),
              of_model(window_row("u", "w"), "llama"), floor_row()},
             "second");
  EXPECT_EQ(ids_of(joined.take()), (Ids{"b", "f", "t3", "t4", "c", "u"}));
  EXPECT_TRUE(joined.take().empty());
}

TEST(JoinedRows, OfAModelWithoutBaselineHaveTheFloorAtTheEnd) {
  JoinedRows joined;
  joined.add({window_row("t3", "w"), of_model(window_row("c", "baseline"), "llama")}, "first");
  joined.add({floor_row(), window_row("t4", "v")}, "second");
  EXPECT_EQ(ids_of(joined.take()), (Ids{"t3", "c", "f", "t4"}));
}

TEST(JoinedRows, ThatDoSomethingElseUnderOneNameAreRefused) {
  JoinedRows joined;
  joined.add({window_row("t3", "w", {{"bits", 3}})}, "first");
  try {
    joined.add({window_row("x", "w", {{"bits", 3}})}, "second");
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what())
                  .find("second: trial 'w bits=3' of opt does something else than the one of that "
                        "name in the folders before (id x, not id t3)"),
              std::string::npos)
        << error.what();
  }
}

/// Every shard's manifest has the rows of all.
TEST(JoinedRows, OfHundredsOfShardsOfThousandsOfTrialsAreJoinedInSeconds) {
  std::vector<RowKey> rows;
  for (int i = 0; i < 2000; ++i)
    rows.push_back(window_row("t" + std::to_string(i), "w", {{"bits", i}}));
  const auto start = std::chrono::steady_clock::now();
  JoinedRows joined;
  for (int shard = 0; shard < 200; ++shard) joined.add(rows, "shard");
  EXPECT_EQ(joined.take().size(), 2000u);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));  // a linear
  // search takes minutes
}

}  // namespace
}  // namespace nf
