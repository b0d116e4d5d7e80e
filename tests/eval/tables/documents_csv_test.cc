#include "eval/tables/documents_csv.h"

#include <gtest/gtest.h>

#include <sstream>

#include "eval/output/csv_reader.h"

namespace nf {
namespace {

constexpr Index kTokens = 4;

/// A result of four windows, in which nll rises by `more` and KL by a tenth of it.
ResultRow row_of(const std::string& name, const std::vector<double>& more, bool documents = false) {
  ResultRow row;
  row.key = {.id = name, .name = name, .model = "opt-nano", .vars = Json::object()};
  for (std::size_t w = 0; w < more.size(); ++w) {
    WindowSums window{.window = static_cast<Index>(w),
                      .sums = {.tokens = kTokens,
                               .nll = 8.0 + kTokens * more[w],
                               .kl = 0.1 * kTokens * more[w],
                               .residual_error = 2.0,
                               .lacks_residual = true}};
    if (documents) window.document = static_cast<Index>(w / 2);
    row.windows.push_back(window);
  }
  row.text = add_up(row.windows);
  return row;
}

ResultRow baseline_of(std::size_t windows, bool documents = false) {
  ResultRow row = row_of("baseline", std::vector<double>(windows, 0.0), documents);
  for (WindowSums& window : row.windows) {
    window.sums.lacks_residual = false;
    window.sums.residual = 16.0 * static_cast<double>((window.window + 1) * (window.window + 1));
    window.sums.residual_error = 0.0;
  }
  return row;
}

using Lines = std::vector<std::vector<std::string>>;

Lines lines_of(const std::vector<ResultRow>& rows) { return parse_csv(documents_csv(rows, {})); }

TEST(DocumentsCsv, HasALineForEachWindowOfEachTrial) {
  const Lines lines = lines_of({baseline_of(4), row_of("noise", {0.25, 0.5, 1.0, 0.75})});
  ASSERT_EQ(lines.size(), 5u);
  EXPECT_EQ(lines[0],
            (std::vector<std::string>{"id", "name", "model", "seed", "document", "window", "tokens",
                                      "delta_nll", "kl", "residual_norm", "residual_error",
                                      "spearman_delta_nll", "spearman_kl"}));
  // ‖h‖² of 16·(w + 1)² over 4 tokens: a norm of 2·(w + 1).
  EXPECT_EQ(lines[1], (std::vector<std::string>{"noise", "noise", "opt-nano", "", "", "0", "4",
                                                "0.25", "0.025", "2", "0.125", "0.8", "0.8"}));
  EXPECT_EQ(lines[4][5], "3");
  EXPECT_EQ(lines[4][9], "8");
}

TEST(DocumentsCsv, JoinsTheWindowsOfADocument) {
  const Lines lines =
      lines_of({baseline_of(4, true), row_of("noise", {0.25, 0.75, 1.0, 2.0}, true)});
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[1][4], "0");
  EXPECT_EQ(lines[1][5], "");
  EXPECT_EQ(lines[1][6], "8");
  EXPECT_EQ(lines[1][7], "0.5");
  EXPECT_EQ(lines[1][10], "0.05");  // (2 + 2) / (16 + 64)
  EXPECT_EQ(lines[1][11], "");      // two documents say nothing of a correlation
}

TEST(DocumentsCsv, IsWithoutWhatEarlierVersionsHaveNotKept) {
  ResultRow baseline = baseline_of(4);
  ResultRow noise = row_of("noise", {0.25, 0.5, 1.0, 0.75});
  baseline.windows[1].sums.lacks_residual = true;
  noise.windows[2].sums.lacks_residual_error = true;
  const Lines lines = lines_of({baseline, noise});
  EXPECT_EQ(lines[1][9], "2");
  EXPECT_EQ(lines[2][9], "");
  EXPECT_EQ(lines[3][9], "6");
  EXPECT_EQ(lines[3][10], "");
  EXPECT_EQ(lines[1][11], "");
}

TEST(DocumentsCsv, IsThereWhereTextIsShared) {
  const ResultRow baseline = baseline_of(2), noise = row_of("noise", {0.25, 0.5});
  EXPECT_TRUE(has_documents({baseline, noise}));
  EXPECT_FALSE(has_documents({baseline}));
  EXPECT_FALSE(has_documents({noise}));
  EXPECT_FALSE(has_documents({}));
}

}  // namespace
}  // namespace nf
