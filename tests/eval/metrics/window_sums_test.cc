#include "eval/metrics/window_sums.h"

#include <gtest/gtest.h>

#include "eval/metrics/detail.h"

namespace nf {
namespace {

TEST(WindowSums, AddUpAndCountTheirWindows) {
  const WindowSums sums =
      add_up({{.window = 4, .tokens = 5, .nll = 1.5, .kl = 0.25, .kl_reverse = 0.125, .top1 = 3},
              {.window = 7, .tokens = 3, .nll = 2.0, .kl = 0.5, .kl_reverse = 1.0, .top1 = 1}});
  EXPECT_EQ(sums.window, 2);
  EXPECT_EQ(sums.tokens, 8);
  EXPECT_EQ(sums.nll, 3.5);
  EXPECT_EQ(sums.kl, 0.75);
  EXPECT_EQ(sums.kl_reverse, 1.125);
  EXPECT_EQ(sums.top1, 4);
}

TEST(WindowSums, KnowTheirBytesWhereEachWindowDoes) {
  EXPECT_EQ(add_up({{.tokens = 5, .bytes = 20}, {.tokens = 3, .bytes = 0}}).bytes, 20);
  EXPECT_EQ(add_up({{.tokens = 5, .bytes = 20}, {.tokens = 3}}).bytes, -1);
  EXPECT_EQ(add_up({{.tokens = 5}, {.tokens = 3, .bytes = 20}}).bytes, -1);
}

TEST(WindowSums, HaveNoDocumentAndNoDetailTogether) {
  const WindowSums sums = add_up({{.document = 3, .detail = std::make_shared<Detail>()}});
  EXPECT_EQ(sums.document, -1);
  EXPECT_EQ(sums.detail, nullptr);
}

TEST(WindowSums, OfNothingAreZero) {
  EXPECT_EQ(add_up({}).window, 0);
  EXPECT_EQ(add_up({}).tokens, 0);
}

}  // namespace
}  // namespace nf
