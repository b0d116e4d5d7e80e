#include "core/model/block_table.h"

#include <gtest/gtest.h>

#include "core/base/error.h"

namespace nf {
namespace {

/// No size stands in for another: H 10, F 28, A 3, K 1, D 4.
DecoderSpec sizes() {
  DecoderSpec spec;
  spec.hidden_size = 10;
  spec.intermediate_size = 28;
  spec.num_hidden_layers = 2;
  spec.num_attention_heads = 3;
  spec.num_key_value_heads = 1;
  spec.head_dim = 4;
  return spec;
}

TEST(BlockTable, ShapesFollowFromRoles) {
  DecoderSpec spec = sizes();
  set_blocks(spec, {.blocks = "layers.",
                    .attention_norm = {"norm", true},
                    .linears = {{Role::q_proj, "q"},
                                {Role::k_proj, "k"},
                                {Role::v_proj, "v", true},
                                {Role::o_proj, "o"},
                                {Role::gate_proj, "gate"},
                                {Role::up_proj, "up"},
                                {Role::down_proj, "down"}}});
  const BlockSpec block = spec.block(1);
  EXPECT_EQ(block.attention_norm.weight, "layers.1.norm.weight");
  EXPECT_EQ(block.attention_norm.bias, "layers.1.norm.bias");
  EXPECT_FALSE(block.mlp_norm.exists());
  EXPECT_FLOAT_EQ(block.attention_scale, 0.5f);
  EXPECT_EQ(block.sliding_window, 0);
  const std::vector<std::pair<Index, Index>> shapes = {{12, 10}, {4, 10},  {4, 10}, {10, 12},
                                                       {28, 10}, {28, 10}, {10, 28}};
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    EXPECT_EQ(block.linears[i].out, shapes[i].first) << i;
    EXPECT_EQ(block.linears[i].in, shapes[i].second) << i;
    EXPECT_EQ(block.linears[i].source_rows(), block.linears[i].out) << i;
    EXPECT_FALSE(block.linears[i].transposed) << i;
  }
  EXPECT_EQ(block.linears[2].weight, "layers.1.v.weight");
  EXPECT_EQ(block.linears[2].bias, "layers.1.v.bias");
  EXPECT_EQ(block.linears[3].bias, "");
}

/// Rows of the tensor in the order in which a role has them.
std::vector<Index> rows_of(const LinearTensors& linear) {
  std::vector<Index> rows;
  for (Index r = 0; r < linear.out; ++r)
    rows.push_back(linear.rows.first + r / linear.rows.length * linear.rows.step +
                   r % linear.rows.length);
  return rows;
}

DecoderSpec fused(LinearForm form) {
  DecoderSpec spec = sizes();
  spec.num_key_value_heads = 3;
  set_blocks(spec, {.blocks = "h.",
                    .attention_norm = {"norm", true},
                    .linears = {{Role::q_proj, "qkv", true, form},
                                {Role::k_proj, "qkv", true, form},
                                {Role::v_proj, "qkv", true, form}}});
  return spec;
}

TEST(BlockTable, FusedByHeadTakesTurns) {
  const BlockSpec block = fused(LinearForm::by_head).block(0);
  EXPECT_EQ(rows_of(block.linears[0]),
            (std::vector<Index>{0, 1, 2, 3, 12, 13, 14, 15, 24, 25, 26, 27}));
  EXPECT_EQ(rows_of(block.linears[1]),
            (std::vector<Index>{4, 5, 6, 7, 16, 17, 18, 19, 28, 29, 30, 31}));
  EXPECT_EQ(rows_of(block.linears[2]),
            (std::vector<Index>{8, 9, 10, 11, 20, 21, 22, 23, 32, 33, 34, 35}));
  EXPECT_EQ(block.linears[2].source_rows(), 36);
  EXPECT_FALSE(block.linears[2].transposed);
}

TEST(BlockTable, Conv1dThirdsStandSideBySide) {
  const BlockSpec block = fused(LinearForm::conv1d_third).block(0);
  for (const Index third : {0, 1, 2}) {
    const LinearTensors& linear = block.linears[static_cast<std::size_t>(third)];
    EXPECT_EQ(rows_of(linear).front(), 12 * third);
    EXPECT_EQ(rows_of(linear).back(), 12 * third + 11);
    EXPECT_EQ(linear.source_rows(), 36);
    EXPECT_TRUE(linear.transposed);
  }
}

TEST(BlockTable, LayersMayDiffer) {
  DecoderSpec spec = sizes();
  set_blocks(spec, {.blocks = "layers.",
                    .attention_norm = {"norm"},
                    .linears = {},
                    .attention_scales = {1.0f, 0.25f},
                    .sliding_windows = {0, 24}});
  EXPECT_EQ(spec.block(0).attention_scale, 1.0f);
  EXPECT_EQ(spec.block(1).attention_scale, 0.25f);
  EXPECT_EQ(spec.block(1).sliding_window, 24);
}

TEST(BlockTable, MistakesAreOurBugs) {
  DecoderSpec spec = sizes();
  EXPECT_THROW(set_blocks(spec, {.blocks = "layers.",
                                 .attention_norm = {"norm"},
                                 .linears = {},
                                 .sliding_windows = {24}}),
               InternalError);
  set_blocks(spec, {.blocks = "layers.",
                    .attention_norm = {"norm"},
                    .linears = {{Role::up_proj, "qkv", true, LinearForm::by_head}}});
  EXPECT_THROW(spec.block(0), InternalError);
}

}  // namespace
}  // namespace nf
