#include "eval/metrics/text_sums.h"

#include <gtest/gtest.h>

#include "eval/metrics/detail.h"

namespace nf {
namespace {

TEST(TextSums, AddUpAndCountTheirWindows) {
  const TextSums text = add_up(
      {{.window = 4, .sums = {.tokens = 5, .nll = 1.5, .kl = 0.25, .kl_reverse = 0.125, .top1 = 3}},
       {.window = 7, .sums = {.tokens = 3, .nll = 2.0, .kl = 0.5, .kl_reverse = 1.0, .top1 = 1}}});
  EXPECT_EQ(text.windows, 2);
  EXPECT_EQ(text.sums,
            (PartSums{.tokens = 8, .nll = 3.5, .kl = 0.75, .kl_reverse = 1.125, .top1 = 4}));
}

TEST(TextSums, KnowTheirBytesWhereEachWindowDoes) {
  const WindowSums known{.sums = {.tokens = 5}, .bytes = 20}, empty{.bytes = 0}, unknown{};
  EXPECT_EQ(add_up({known, empty}).bytes, 20);
  EXPECT_EQ(add_up({known, unknown}).bytes, -1);
  EXPECT_EQ(add_up({unknown, known}).bytes, -1);
}

TEST(TextSums, HaveNoDetail) {
  const WindowSums window{.sums = {.detail = std::make_shared<Detail>()}};
  EXPECT_EQ(add_up({window}).sums.detail, nullptr);
}

WindowSums window_with(const std::vector<double>& kl) {
  KlTail tail;
  for (const double value : kl) tail.add(value);
  WindowSums window{.sums = {.tokens = std::ssize(kl)}};
  window.sums.tail = std::make_shared<PackedKlTail>(PackedKlTail::of(tail));
  return window;
}

TEST(TextSums, KnowTheTailWhereEachWindowDoes) {
  const WindowSums one = window_with({0.5, 0.1}), other = window_with({2.0}), nothing{};
  EXPECT_EQ(add_up({one, other, nothing}).tail, window_with({0.1, 0.5, 2.0}).sums.tail->unpacked());
  const WindowSums unknown{.sums = {.tokens = 1}};  // of an earlier version
  EXPECT_FALSE(add_up({one, unknown}).tail);
}

TEST(TextSums, OfNothingAreZero) {
  EXPECT_EQ(add_up({}).windows, 0);
  EXPECT_EQ(add_up({}).sums, PartSums());
}

}  // namespace
}  // namespace nf
