#include "eval/plan/stop_rule.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "tests/support/family_support.h"
#include "tests/support/tiny_model.h"

namespace nf {
namespace {

constexpr Index kContext = 512;

DecoderSpec spec() { return spec_of(tiny_opt().config); }

/// Windows of 512 tokens in documents of `per_document` windows each; 0: one text.
EvalSet set_of_windows(Index windows, Index per_document, Index questions = 0) {
  EvalSet set;
  set.windows = windows;
  for (Index i = 0; i < windows + questions; ++i) {
    EvalItem item{.ids = std::vector<std::int32_t>(kContext, 0),
                  .layout = Layout::window(kContext),
                  .targets = {}};
    for (Index row = 0; row + 1 < kContext; ++row) item.targets.push_back({.row = row});
    if (i < windows && per_document > 0) item.document = i / per_document;
    set.items.push_back(std::move(item));
    set.names.push_back(std::to_string(i));
  }
  return set;
}

std::map<Index, WindowSums> sums_of(const EvalSet& set, double kl, double spread) {
  std::map<Index, WindowSums> windows;
  for (Index i = 0; i < set.windows; ++i)
    windows[i] = {.window = i,
                  .sums = {.tokens = 511, .kl = 511 * (kl + spread * (i % 2 == 0 ? 1.0 : -1.0))},
                  .document = set.item(i).document};
  return windows;
}

TEST(StopStages, VisitEveryItemOnceInAFixedOrder) {
  const EvalSet set = set_of_windows(100, 0, 30);
  const std::vector<Stage> stages = cut_stop_stages(spec(), set);
  std::multiset<Index> visited;
  for (const Stage& stage : stages) {
    EXPECT_TRUE(std::is_sorted(stage.items.begin(), stage.items.end()));
    visited.insert(stage.items.begin(), stage.items.end());
  }
  EXPECT_EQ(visited.size(), 130u);
  EXPECT_EQ(std::set<Index>(visited.begin(), visited.end()).size(), 130u);
  // Eight windows a stage, not the first eight; the questions come last.
  EXPECT_EQ(stages.front().count(), kStopRows / kContext);
  EXPECT_NE(stages.front().items.back(), 7);
  for (const Index i : stages.back().items) EXPECT_GE(i, 100);
}

TEST(StopStages, NeverCutADocument) {
  const EvalSet set = set_of_windows(90, 3);
  for (const Stage& stage : cut_stop_stages(spec(), set)) {
    EXPECT_EQ(stage.count() % 3, 0);
    for (std::size_t i = 0; i < stage.items.size(); i += 3)
      EXPECT_EQ(set.item(stage.items[i]).document, set.item(stage.items[i + 2]).document);
  }
}

TEST(StopRule, StopsOnceTheIntervalIsNarrow) {
  const EvalSet set = set_of_windows(80, 0);
  const std::vector<Stage> stages = cut_stop_stages(spec(), set);
  const StopConfig config{.kl_halfwidth = 0.01, .min_blocks = 8};
  const auto narrow = look(config, set, std::span(stages).first(1), sums_of(set, 0.1, 1e-4));
  ASSERT_TRUE(narrow);
  EXPECT_TRUE(narrow->reached);
  EXPECT_EQ(narrow->blocks, 8);
  EXPECT_EQ(narrow->tokens, 8 * 511);
  const auto wide = look(config, set, std::span(stages).first(1), sums_of(set, 0.1, 0.05));
  EXPECT_FALSE(wide->reached);
  EXPECT_GT(wide->kl_halfwidth, config.kl_halfwidth);
}

TEST(StopRule, WaitsForEnoughBlocks) {
  const EvalSet set = set_of_windows(80, 4);  // two documents a stage
  const std::vector<Stage> stages = cut_stop_stages(spec(), set);
  const auto windows = sums_of(set, 0.1, 0.0);
  const StopConfig config{.kl_halfwidth = 0.01, .min_blocks = 8};
  for (std::size_t s = 1; s <= stages.size(); ++s) {
    const auto state = look(config, set, std::span(stages).first(s), windows);
    EXPECT_EQ(state->blocks, 2 * static_cast<Index>(s));
    EXPECT_EQ(state->reached, state->blocks >= 8) << state->blocks;
  }
}

/// Documents of one token are no blocks of statistics.csv either.
TEST(StopRule, CountsNoBlockWithoutAToken) {
  const EvalSet set = set_of_windows(16, 1, 0);
  const std::vector<Stage> stages = {Stage(0, 16)};
  std::map<Index, WindowSums> windows = sums_of(set, 0.1, 0.05), none;
  for (Index i = 0; i < 16; i += 2) windows[i].sums.tokens = 0, windows[i].sums.kl = 0.0;
  const auto state = look({.kl_halfwidth = 1.0, .min_blocks = 8}, set, stages, windows);
  ASSERT_TRUE(state.has_value());
  EXPECT_EQ(state->blocks, 8);
  EXPECT_DOUBLE_EQ(state->kl, 0.05);
  for (Index i = 0; i < 16; ++i) none[i] = {.window = i};
  const auto nothing = look({.kl_halfwidth = 1.0, .min_blocks = 8}, set, stages, none);
  ASSERT_TRUE(nothing.has_value());
  EXPECT_EQ(nothing->kl, 0.0);  // a record can hold it
  EXPECT_FALSE(nothing->reached);
}

TEST(StopRule, SaysNothingWhereAWindowIsMissing) {
  const EvalSet set = set_of_windows(16, 0);
  const std::vector<Stage> stages = cut_stop_stages(spec(), set);
  std::map<Index, WindowSums> windows = sums_of(set, 0.1, 1e-4);
  windows.erase(stages.front().items.front());
  EXPECT_FALSE(look({.kl_halfwidth = 0.01}, set, std::span(stages).first(1), windows));
}

}  // namespace
}  // namespace nf
