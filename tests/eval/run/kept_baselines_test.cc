#include "eval/run/kept_baselines.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

constexpr Index kWidth = 3;

/// Items of 2, 3, 4 and 5 rows that predict a target.
EvalSet small_set() {
  EvalSet set;
  for (Index item = 0; item < 4; ++item) {
    set.items.push_back({.ids = {}, .layout = Layout::window(item + 3), .targets = {}});
    for (Index row = 0; row < item + 2; ++row) set.items.back().targets.push_back({.row = row});
  }
  set.windows = 4;
  return set;
}

/// Rows of a stage that say of which item they are.
Matrix scored_of(const EvalSet& set, const Stage& stage) {
  std::vector<float> values;
  for (const Index item : stage.items)
    for (Index i = 0; i < kWidth * scored_rows(set.item(item)); ++i)
      values.push_back(static_cast<float>(100 * item + i));
  Matrix scored(std::ssize(values) / kWidth, kWidth);
  std::copy(values.begin(), values.end(), scored.data());
  return scored;
}

void expect_equal(const Matrix& a, const Matrix& b) {
  ASSERT_EQ(a.rows(), b.rows());
  EXPECT_TRUE(std::equal(a.data(), a.data() + a.size(), b.data()));
}

TEST(KeptBaselines, GiveTheRowsOfOtherStagesThanTheyWereKeptOf) {
  const EvalSet set = small_set();
  KeptBaselines kept(set, 1e6);
  EXPECT_TRUE(kept.take(Stage(0, 2)).empty());
  kept.keep(Stage(0, 3), scored_of(set, Stage(0, 3)));
  kept.keep(Stage(3, 4), scored_of(set, Stage(3, 4)));
  EXPECT_EQ(kept.bytes(), 4.0 * kWidth * (2 + 3 + 4 + 5));
  EXPECT_TRUE(kept.has(Stage(0, 4)));
  expect_equal(kept.take(Stage(std::vector<Index>{1, 3})),
               scored_of(set, Stage(std::vector<Index>{1, 3})));
  EXPECT_FALSE(kept.has(Stage(0, 4)));
  expect_equal(kept.take(Stage(std::vector<Index>{0, 2})),
               scored_of(set, Stage(std::vector<Index>{0, 2})));
  EXPECT_EQ(kept.bytes(), 0.0);
}

TEST(KeptBaselines, HoldNoMoreThanTheyMay) {
  const EvalSet set = small_set();
  KeptBaselines kept(set, 4.0 * kWidth * 5);
  kept.keep(Stage(0, 4), scored_of(set, Stage(0, 4)));
  EXPECT_TRUE(kept.has(Stage(0, 2)));
  EXPECT_FALSE(kept.has(Stage(2, 3)));
}

TEST(ScoredPart, HasTheRowsOfThePart) {
  const EvalSet set = small_set();
  const Stage stage(0, 4);
  expect_equal(scored_part(scored_of(set, stage), set, stage, Stage(std::vector<Index>{0, 2})),
               scored_of(set, Stage(std::vector<Index>{0, 2})));
  EXPECT_TRUE(scored_part({}, set, stage, Stage(0, 1)).empty());
}

}  // namespace
}  // namespace nf
