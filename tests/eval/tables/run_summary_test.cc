#include "eval/tables/run_summary.h"

#include <gtest/gtest.h>

#include "tests/support/builtin_kinds.h"
#include "tests/support/compare_support.h"
#include "tests/support/twin_rows.h"

namespace nf {
namespace {

/// So many trials with two twins each, of names that a narrow terminal wraps.
std::vector<ResultRow> trials_with_twins(Index count) {
  std::vector<ResultRow> rows = {twin_baseline()};
  for (Index i = 0; i < count; ++i)
    for (const char* twin : {"", "permuted", "resigned"})
      rows.push_back(twin_row(twin, twin_kl(twin[0] == 'r' ? 0.4 : 0.3, 0.01), 0,
                              {{"granularity", "group of so many weights"}, {"point", i}}));
  return rows;
}

std::string summary(const std::vector<ResultRow>& rows, Index columns) {
  const FollowedSearches none(keys_of(rows), {}, {});
  return run_summary(rows, none, builtin_metrics(), {}, "\nruns/e: results.csv\n",
                     {.columns = columns, .command = "noisefloor show runs/e"});
}

Index count_of(const std::string& text, const std::string& part) {
  Index count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

TEST(RunSummary, HasSixtyLinesAsATerminalWrapsThem) {
  const std::vector<ResultRow> rows = trials_with_twins(56);
  for (const Index columns : {0, 60, 80, 120}) {
    const std::string text = summary(rows, columns);
    EXPECT_LE(wrapped_lines(text, columns), 60) << columns << '\n' << text;
    EXPECT_GE(wrapped_lines(text, columns), 40) << columns << '\n' << text;
    EXPECT_NE(text.find("noisefloor show runs/e"), std::string::npos) << text;
    EXPECT_NE(text.find(": what twins found, with 95 % intervals\n"), std::string::npos) << text;
    EXPECT_EQ(count_of(text, "one draw"), 1) << text;
    EXPECT_TRUE(text.ends_with("\nruns/e: results.csv\n")) << text;
  }
}

TEST(RunSummary, ShowsAllThatHasRoom) {
  const std::string text = summary(trials_with_twins(2), 0);
  EXPECT_EQ(text.find("[...]"), std::string::npos) << text;
}

TEST(RunSummary, EndsWhereManyModelsLeaveARowEachNoRoom) {
  std::vector<ResultRow> rows;
  for (Index model = 0; model < 40; ++model)
    for (ResultRow row : trials_with_twins(1)) {
      row.key.model += std::to_string(model);
      rows.push_back(std::move(row));
    }
  const std::string text = summary(rows, 80);
  EXPECT_LE(wrapped_lines(text, 80), 60) << text;
  EXPECT_NE(text.find("[...] the rest: noisefloor show runs/e\n"), std::string::npos) << text;
}

TEST(WrappedLines, CountWhatATerminalDoes) {
  EXPECT_EQ(wrapped_lines("", 10), 0);
  EXPECT_EQ(wrapped_lines("\na\n", 10), 2);
  EXPECT_EQ(wrapped_lines("0123456789\n01234567890\n", 10), 3);
  EXPECT_EQ(wrapped_lines("01234567890\n", 0), 1);
}

}  // namespace
}  // namespace nf
