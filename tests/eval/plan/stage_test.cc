#include "eval/plan/stage.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "eval/tasks/question_item.h"
#include "tests/support/family_support.h"
#include "tests/support/tiny_model.h"

namespace nf {
namespace {

/// The shapes of an OPT without its weights.
DecoderSpec opt_of(Index layers, Index hidden_size, Index vocab_size = 300) {
  return spec_of(with_fields(tiny_opt().config, {{"num_hidden_layers", layers},
                                                 {"hidden_size", hidden_size},
                                                 {"word_embed_proj_dim", hidden_size},
                                                 {"ffn_dim", 4 * hidden_size},
                                                 {"vocab_size", vocab_size}}));
}

std::vector<EvalItem> windows_of(Index count, Index context) {
  EvalItem window{.ids = std::vector<std::int32_t>(static_cast<std::size_t>(context), 0),
                  .layout = Layout::window(context),
                  .targets = {}};
  for (Index row = 0; row + 1 < context; ++row) window.targets.push_back({.row = row});
  return std::vector<EvalItem>(static_cast<std::size_t>(count), window);
}

/// A context of 10 tokens with continuations of 3 and 1 tokens.
EvalItem small_question() {
  std::vector<std::int32_t> context(10, 1);
  std::vector<std::int32_t> first = context, second = context;
  first.insert(first.end(), {2, 3, 4});
  second.push_back(5);
  return question_item({{first, 3}, {second, 1}});
}

Index rows_of(const std::vector<EvalItem>& items, const Stage& stage) {
  Index rows = 0;
  for (const Index i : stage.items) rows += items[static_cast<std::size_t>(i)].layout.rows();
  return rows;
}

void expect_cover(const std::vector<Stage>& stages, Index count) {
  Index next = 0;
  for (const Stage& stage : stages) {
    ASSERT_FALSE(stage.items.empty());
    for (const Index i : stage.items) EXPECT_EQ(i, next++);
  }
  EXPECT_EQ(next, count);
}

/// Windows, then questions.
std::vector<EvalItem> mixed_items() {
  std::vector<EvalItem> items = windows_of(37, 512);
  items.resize(items.size() + 3000, small_question());
  return items;
}

TEST(Stages, CoverEveryItemOnceInOrder) {
  const std::vector<EvalItem> items = mixed_items();
  for (const Index hidden : {64, 1024, 16384}) {
    const std::vector<Stage> stages = cut_stages(opt_of(4, hidden), items);
    expect_cover(stages, std::ssize(items));
    EXPECT_GE(stages.size(), hidden > 10000 ? 20u : 1u);
  }
  EXPECT_TRUE(cut_stages(opt_of(4, 64), {}).empty());
}

TEST(Stages, AreOfAboutEqualSize) {
  // 32 windows of 2 MiB each are a little more than one stage may hold.
  const std::vector<Stage> stages = cut_stages(opt_of(1, 1024), windows_of(32, 512));
  ASSERT_EQ(stages.size(), 2u);
  EXPECT_EQ(stages.front().count(), 16);
}

TEST(Stages, AreSplitIntoPartsOfAboutEqualRows) {
  std::vector<EvalItem> items = windows_of(22, 12);
  const Stage stage({3, 5, 6, 8, 9, 20, 21});
  const auto parts = [&](Index count) {
    std::vector<std::vector<Index>> numbers;
    for (const Stage& part : split_stage(items, stage, count)) numbers.push_back(part.items);
    return numbers;
  };
  using Numbers = std::vector<std::vector<Index>>;
  EXPECT_EQ(parts(1), (Numbers{stage.items}));
  EXPECT_EQ(parts(3), (Numbers{{3, 5}, {6, 8, 9}, {20, 21}}));
  EXPECT_EQ(parts(7).size(), 7u);
  EXPECT_EQ(parts(100).size(), 7u);
  items[3] = windows_of(1, 72).front();  // as long as all others together
  EXPECT_EQ(parts(2), (Numbers{{3}, {5, 6, 8, 9, 20, 21}}));
}

TEST(Stages, KeepHiddenStatesOfALaneWithinMemory) {
  const DecoderSpec spec = opt_of(1, 2048);
  const std::vector<EvalItem> items = windows_of(200, 512);  // 4 MiB each
  const std::vector<Stage> stages = cut_stages(spec, items);
  expect_cover(stages, 200);
  EXPECT_GT(stages.size(), 3u);
  for (const Stage& stage : stages)
    EXPECT_LE(static_cast<double>(rows_of(items, stage) * 2048 * 4), kStageLaneBytes);
}

TEST(Stages, MayBeASingleItemThatIsTooLong) {
  const DecoderSpec spec = opt_of(1, 2048);
  const Index rows = static_cast<Index>(kStageLaneBytes) / (2048 * 4) + 1;
  EXPECT_EQ(cut_stages(spec, windows_of(3, rows)).size(), 3u);
}

TEST(Stages, CountTheWorkOfABlockByHand) {
  const DecoderSpec spec = opt_of(2, 32);
  constexpr double kTokens = 10, kHidden = 32, kInner = 128;
  constexpr double kLinears = 4 * kHidden * kHidden + 2 * kHidden * kInner;
  EXPECT_DOUBLE_EQ(block_flops(spec, Layout::window(10)),
                   2 * kTokens * kLinears + 2 * kTokens * kTokens * kHidden);
  EXPECT_DOUBLE_EQ(head_flops(spec, 9), 2.0 * 9 * 32 * 300);

  // The second segment's 2 rows see all 10 of the prefix; the third choice needs no rows.
  const EvalItem question = small_question();
  ASSERT_EQ(question.layout.rows(), 12);
  EXPECT_DOUBLE_EQ(block_flops(spec, question.layout),
                   2 * 12 * kLinears + 2 * 10 * 10 * kHidden + 4 * 2 * (10 + 1) * kHidden);
}

TEST(Stages, CountRowsThatPredictOnce) {
  EXPECT_EQ(scored_rows(windows_of(1, 10).front()), 9);
  // The context's last row predicts a token of each choice.
  const EvalItem question = small_question();
  EXPECT_EQ(question.targets.size(), 4u);
  EXPECT_EQ(scored_rows(question), 3);
}

TEST(Stages, CountTheWorkOfALaneItemByItem) {
  const DecoderSpec spec = opt_of(2, 32);
  std::vector<EvalItem> items = windows_of(3, 10);
  items.push_back(small_question());
  const double window = 2 * block_flops(spec, items[0].layout) + head_flops(spec, 9);
  const double question = 2 * block_flops(spec, items[3].layout) + head_flops(spec, 3);
  EXPECT_DOUBLE_EQ(stage_flops(spec, items, Stage(1, 4)), 2 * window + question);
}

}  // namespace
}  // namespace nf
