#include "eval/analysis/kl_quantile.h"

#include <gtest/gtest.h>

#include <memory>

#include "eval/metrics/kl_tail.h"

namespace nf {
namespace {

/// Windows of 100 tokens with KL 0.001 but `large(window)` of them, whose KL is 1 to 2.
template <class Large>
ResultRow row_of(const Large& large, Index windows = 16) {
  ResultRow row;
  row.key = {.id = "w4", .name = "w4", .model = "m"};
  for (Index window = 0; window < windows; ++window) {
    KlTail tail;
    for (Index token = 0; token < 100; ++token)
      tail.add(token < large(window) ? 1.0 + 0.25 * static_cast<double>((token + window) % 5)
                                     : 0.001);
    row.windows.push_back(
        {.window = window,
         .sums = {.tokens = 100, .tail = std::make_shared<PackedKlTail>(PackedKlTail::of(tail))}});
  }
  return row;
}

std::vector<KlQuantile> quantiles(const std::vector<const ResultRow*>& rows) {
  return kl_quantiles({.rows = rows}, {500, 990});
}

TEST(KlQuantile, IsThatOfAllTokens) {
  const ResultRow row = row_of([](Index window) { return window % 3; });
  const auto found = quantiles({&row});
  ASSERT_EQ(found.size(), 2u);
  EXPECT_NEAR(found[0].value, 0.001, 0.001 * 0.011);
  EXPECT_NEAR(found[1].value, 0.001, 0.001 * 0.011) << "15 of 1600 are large: less than 1 %";
  EXPECT_GE(found[1].interval->high, 1.0) << "but other text may well have more";
  EXPECT_NEAR(found[0].interval->high, 0.001, 0.001 * 0.011) << "the median is certain";
}

/// The same tokens, but all large ones in one window: the blocks say that much less.
TEST(KlQuantile, HasAWiderIntervalWhereTokensOfABlockGoTogether) {
  const ResultRow even = row_of([](Index window) { return 2 + window % 2; });
  const ResultRow lumped = row_of([](Index window) { return window == 0 ? 40 : 0; });
  EXPECT_GT(quantiles({&even})[1].interval->low, 0.98) << "2.5 % are large, in every window";
  EXPECT_LT(quantiles({&lumped})[1].interval->low, 0.01);
}

TEST(KlQuantile, TakesTheTokensOfAllSeeds) {
  const ResultRow small = row_of([](Index) { return 0; });
  ResultRow large = row_of([](Index) { return 100; });
  large.key.id = "other";
  large.key.seed = 1;
  EXPECT_NEAR(quantiles({&small, &large})[1].value, 2.0, 0.022);
}

TEST(KlQuantile, SaysWhyThereIsNoInterval) {
  const ResultRow row = row_of([](Index) { return 2; }, 3);
  EXPECT_EQ(quantiles({&row})[1].note, "needs 8 blocks, has 3");
  ResultRow without = row_of([](Index) { return 2; });
  without.windows[4].sums.tail = nullptr;
  EXPECT_TRUE(quantiles({&without}).empty()) << "a window of an earlier version";
}

}  // namespace
}  // namespace nf
