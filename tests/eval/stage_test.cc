#include "eval/run/stage.h"

#include <gtest/gtest.h>

#include <numeric>

#include "tests/support/temp_dir.h"
#include "tests/support/tiny_model.h"

namespace nf {
namespace {

DecoderSpec spec_of(Index layers, Index hidden_size) {
  const TempDir dir;
  tiny_opt({.layers = layers, .hidden_size = hidden_size, .intermediate_size = 4 * hidden_size})
      .write(dir.path());
  return open_decoder(dir.path()).spec();
}

TokenWindows windows_of(Index count, Index context) {
  return TokenWindows::from_ids(
      std::vector<std::int32_t>(static_cast<std::size_t>(count * context), 0), context);
}

/// A spec of any size without its weights: only these numbers are read.
DecoderSpec sized(DecoderSpec spec, Index layers, Index vocab_size) {
  spec.num_hidden_layers = layers;
  spec.vocab_size = vocab_size;
  return spec;
}

TEST(Stages, CoverEveryWindowOnceInOrder) {
  const DecoderSpec spec = sized(spec_of(1, 32), 40000, 300);
  const TokenWindows windows = windows_of(37, 64);
  const std::vector<Stage> stages = cut_stages(spec, windows, 20);
  ASSERT_GT(stages.size(), 2u);
  Index next = 0;
  for (const Stage& stage : stages) {
    EXPECT_EQ(stage.first, next);
    EXPECT_GT(stage.last, stage.first);
    next = stage.last;
  }
  EXPECT_EQ(next, 37);
  for (std::size_t i = 1; i + 1 < stages.size(); ++i)
    EXPECT_EQ(stages[i].last - stages[i].first, stages[0].last - stages[0].first);
}

TEST(Stages, AreSmallerWithMoreLanesAndNeverBelowOneWindow) {
  const DecoderSpec spec = sized(spec_of(1, 32), 40000, 300);
  const TokenWindows windows = windows_of(37, 64);
  std::size_t before = 0;
  for (const Index lanes : {1, 10, 100, 100000}) {
    const std::size_t count = cut_stages(spec, windows, lanes).size();
    EXPECT_GE(count, before);
    before = count;
  }
  EXPECT_EQ(before, 37u);
}

TEST(Stages, KeepHiddenStatesWithinMemory) {
  const DecoderSpec spec = spec_of(1, 32);
  const TokenWindows windows = windows_of(64, 512);
  constexpr Index kLanes = 3000;  // 197 MB a window: ten of them
  for (const Stage& stage : cut_stages(spec, windows, kLanes))
    EXPECT_LE(static_cast<double>((stage.last - stage.first) * kLanes * 512 * 32 * 4), kStageBytes);
}

TEST(Stages, CountTheWorkOfABlockByHand) {
  const DecoderSpec spec = spec_of(2, 32);
  constexpr double kTokens = 10, kHidden = 32, kInner = 128;
  const double linears = 4 * kHidden * kHidden + 2 * kHidden * kInner;
  EXPECT_DOUBLE_EQ(block_flops(spec, 10), 2 * kTokens * linears + 2 * kTokens * kTokens * kHidden);
  EXPECT_DOUBLE_EQ(head_flops(spec, 9), 2.0 * 9 * 32 * 300);
}

TEST(Stages, CountTheWorkOfALaneWindowByWindow) {
  const DecoderSpec spec = spec_of(2, 32);
  const TokenWindows windows = windows_of(5, 10);
  EXPECT_DOUBLE_EQ(stage_flops(spec, windows, {.first = 1, .last = 4}),
                   3 * (2 * block_flops(spec, 10) + head_flops(spec, 9)));
}

}  // namespace
}  // namespace nf
