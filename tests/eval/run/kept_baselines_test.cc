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
BaselineRows rows_of(const EvalSet& set, const Stage& stage) {
  std::vector<float> values;
  for (const Index item : stage.items)
    for (Index i = 0; i < kWidth * scored_rows(set.item(item)); ++i)
      values.push_back(static_cast<float>(100 * item + i));
  BaselineRows rows{Matrix(std::ssize(values) / kWidth, kWidth),
                    Matrix(std::ssize(values) / kWidth, kWidth)};
  for (std::size_t i = 0; i < values.size(); ++i) {
    rows.scored.data()[i] = values[i];
    rows.states.data()[i] = -values[i];
  }
  return rows;
}

void expect_equal(const BaselineRows& a, const BaselineRows& b) {
  ASSERT_EQ(a.rows(), b.rows());
  for (const Matrix BaselineRows::*part : {&BaselineRows::scored, &BaselineRows::states}) {
    const Matrix &one = a.*part, &other = b.*part;
    EXPECT_TRUE(std::equal(one.data(), one.data() + one.size(), other.data()));
  }
}

TEST(KeptBaselines, GiveTheRowsOfOtherStagesThanTheyWereKeptOf) {
  const EvalSet set = small_set();
  KeptBaselines kept(set, 1e6);
  EXPECT_TRUE(kept.take(Stage(0, 2)).empty());
  kept.keep(Stage(0, 3), rows_of(set, Stage(0, 3)));
  kept.keep(Stage(3, 4), rows_of(set, Stage(3, 4)));
  EXPECT_EQ(kept.bytes(), 8.0 * kWidth * (2 + 3 + 4 + 5));
  EXPECT_TRUE(kept.has(Stage(0, 4)));
  expect_equal(kept.take(Stage(std::vector<Index>{1, 3})),
               rows_of(set, Stage(std::vector<Index>{1, 3})));
  EXPECT_FALSE(kept.has(Stage(0, 4)));
  expect_equal(kept.take(Stage(std::vector<Index>{0, 2})),
               rows_of(set, Stage(std::vector<Index>{0, 2})));
  EXPECT_EQ(kept.bytes(), 0.0);
}

TEST(KeptBaselines, HoldNoMoreThanTheyMay) {
  const EvalSet set = small_set();
  KeptBaselines kept(set, 8.0 * kWidth * 5);
  kept.keep(Stage(0, 4), rows_of(set, Stage(0, 4)));
  EXPECT_TRUE(kept.has(Stage(0, 2)));
  EXPECT_FALSE(kept.has(Stage(2, 3)));
}

TEST(ScoredPart, HasTheRowsOfThePart) {
  const EvalSet set = small_set();
  const Stage stage(0, 4);
  expect_equal(part_of_rows(rows_of(set, stage), set, stage, Stage(std::vector<Index>{0, 2})),
               rows_of(set, Stage(std::vector<Index>{0, 2})));
  EXPECT_TRUE(part_of_rows({}, set, stage, Stage(0, 1)).empty());
}

}  // namespace
}  // namespace nf
