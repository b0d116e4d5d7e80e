#include "eval/tables/twins_csv.h"

#include <gtest/gtest.h>

#include "eval/output/csv_reader.h"
#include "tests/support/row_keys.h"
#include "tests/support/twin_rows.h"

namespace nf {
namespace {

std::string csv_of(const std::vector<ResultRow>& rows, const std::vector<RowKey>& more = {}) {
  std::vector<RowKey> keys = keys_of(rows);
  keys.insert(keys.end(), more.begin(), more.end());
  return twins_csv(rows, keys, sweep_variables(keys));
}

TEST(TwinsCsv, HasARowForEachTwin) {
  const std::vector<std::vector<std::string>> lines =
      parse_csv(csv_of({twin_baseline(), twin_row("", twin_kl(0.3, 0.001), 0, {{"bits", 4}}),
                        twin_row("debiased", twin_kl(0.3), 0, {{"bits", 4}}),
                        twin_row("small_part", twin_kl(0.1), 0, {{"bits", 4}})}));
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0],
            (std::vector<std::string>{"id", "name", "model", "seed", "bits", "twin", "seeds", "kl",
                                      "kl_low", "kl_high", "kl_ratio", "kl_ratio_low",
                                      "kl_ratio_high", "p", "p_holm", "verdict", "note"}));
  const auto value = [&](std::size_t line, std::size_t column) {
    return std::stod(lines[line][column]);
  };
  EXPECT_EQ((std::vector<std::string>{lines[1].begin() + 1, lines[1].begin() + 7}),
            (std::vector<std::string>{"w4", "m", "0", "4", "debiased", "1"}));
  EXPECT_NEAR(value(1, 7), 0.3, 1e-12);
  EXPECT_LT(value(1, 8), 0.3);
  EXPECT_GT(value(1, 9), 0.3);
  EXPECT_NEAR(value(1, 10), 1.0, 1e-12);
  EXPECT_LT(value(1, 11), 1.0);
  EXPECT_GT(value(1, 12), 1.0);
  EXPECT_GT(value(1, 13), 0.9);
  EXPECT_EQ(lines[1][15], "does not matter");
  EXPECT_EQ(lines[2][5], "small_part");
  EXPECT_NEAR(value(2, 10), 3.0, 1e-12);
  EXPECT_LE(value(2, 13), value(2, 14));
  EXPECT_EQ(lines[2][15], "matters");
}

TEST(TwinsCsv, IsThereWhereTheExperimentHasTwins) {
  const ResultRow alone = twin_row("", twin_kl(0.3));
  EXPECT_EQ(csv_of({twin_baseline(), alone}), "");
  const std::string header = csv_of({twin_baseline(), alone}, {twin_row("permuted", {}).key});
  EXPECT_EQ(parse_csv(header).size(), 1u) << "the twin has not run yet";
}

TEST(TwinsCsv, LeavesARatioEmptyWithANote) {
  const auto lines = parse_csv(csv_of(
      {twin_baseline(), twin_row("", twin_kl(0.3)), twin_row("clipping_part", twin_kl(0.0))}));
  ASSERT_EQ(lines.size(), 2u);
  for (const std::size_t column : {9u, 10u, 11u, 12u, 13u}) EXPECT_EQ(lines[1][column], "");
  EXPECT_EQ(lines[1][14], "not resolved");
  EXPECT_EQ(lines[1][15], "KL of the twin is 0");
}

/// `twin` is the last of the variables wherever it was met first.
TEST(TwinsCsv, HasTheTwinBehindTheSweep) {
  ResultRow other = twin_row("", twin_kl(0.1), 0, {{"r", 0.5}});
  other.key.name = "noise";
  other.key.vars.erase("twin");
  const auto lines = parse_csv(csv_of(
      {twin_baseline(), twin_row("", twin_kl(0.3)), twin_row("permuted", twin_kl(0.3)), other}));
  EXPECT_EQ(lines[0][4], "r");
  EXPECT_EQ(lines[0][5], "twin");
}

}  // namespace
}  // namespace nf
