#include "eval/analysis/entropy_groups.h"

#include <gtest/gtest.h>

#include <memory>

namespace nf {
namespace {

using Ends = std::vector<Index>;

TEST(EntropyGroups, EndNearestToTenthsOfAllTokens) {
  EXPECT_EQ(decile_ends({10, 10, 10, 10, 10, 10, 10, 10, 10, 10}),
            (Ends{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
  EXPECT_EQ(decile_ends(Ends(20, 5)), (Ends{2, 4, 6, 8, 10, 12, 14, 16, 18, 20}));
  // Half of all tokens lie in the first bin: 50, 66, 90 and all of 100 are the shares there are.
  EXPECT_EQ(decile_ends({50, 16, 24, 10}), (Ends{1, 2, 3, 4}));
  EXPECT_EQ(decile_ends({0, 0, 7}), (Ends{3}));
  EXPECT_EQ(decile_ends({50, 0, 0, 50}), (Ends{1, 4}));
  EXPECT_EQ(decile_ends({1}), (Ends{1}));
}

/// Sixteen windows of two tokens, of entropy 0.1 and 2.3, with KL of `low` and `high` at these, by
/// a tenth more in every second window.
ResultRow row_of(double low, double high) {
  ResultRow row;
  row.key = {.id = "noise", .name = "noise", .model = "m", .seed = 0};
  for (Index window = 0; window < 16; ++window) {
    const double factor = window % 2 == 0 ? 1.0 : 1.1;
    auto detail = std::make_shared<Detail>();
    detail->add({.kl = low * factor, .entropy = 0.1}, DetailMode::entropy);
    detail->add({.kl = high * factor, .entropy = 2.3}, DetailMode::entropy);
    row.windows.push_back({.window = window, .sums = {.tokens = 2, .detail = detail}});
  }
  return row;
}

TEST(EntropyGroups, HaveTheirKlWithAnIntervalOverBlocks) {
  const ResultRow row = row_of(0.2, 1.0);
  const std::vector<EntropyGroup> groups = entropy_groups({.rows = {&row}});
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups[0].low, 0.0);
  EXPECT_EQ(groups[0].high, 0.25);
  EXPECT_EQ(groups[1].tokens, 16);
  EXPECT_NEAR(groups[0].kl.mean.mean, 0.21, 1e-12);
  EXPECT_NEAR(groups[1].kl.mean.mean, 1.05, 1e-12);
  EXPECT_LT(groups[1].kl.interval->low, 1.05);
  EXPECT_GT(groups[1].kl.interval->high, 1.05);
}

TEST(EntropyGroups, AreNoneWhereASeedHasNoSuchDetail) {
  const ResultRow row = row_of(0.2, 1.0);
  ResultRow without = row;
  without.key.id = "other";
  for (WindowSums& window : without.windows) window.sums.detail = nullptr;
  EXPECT_TRUE(entropy_groups({.rows = {&row, &without}}).empty());
}

}  // namespace
}  // namespace nf
