#include <gtest/gtest.h>

#include "tests/support/family_support.h"

namespace nf {
namespace {

TEST(Qwen3, SpecIsTheConfigs) {
  const DecoderSpec spec = spec_of(tiny_qwen3().config);
  EXPECT_EQ(spec.architecture, "Qwen3ForCausalLM");
  EXPECT_EQ(spec.norm, NormKind::rms_norm);
  EXPECT_EQ(spec.head_dim, 12);
  EXPECT_FALSE(spec.qk_norm_per_head);
  const BlockSpec block = spec.block(1);
  EXPECT_EQ(block.q_norm.weight, "model.layers.1.self_attn.q_norm.weight");
  EXPECT_EQ(block.k_norm.weight, "model.layers.1.self_attn.k_norm.weight");
  for (const LinearTensors& linear : block.linears)
    EXPECT_EQ(linear.bias.empty(), linear.role > Role::o_proj) << linear.weight;
}

/// head_dim is 128 where it is absent, whatever hidden_size / num_attention_heads may be.
TEST(Qwen3, DefaultsAreTheLibrarys) {
  Json silent = tiny_qwen3({.heads = 32, .biases = false}).config;
  for (const char* field : {"head_dim", "num_key_value_heads", "attention_bias",
                            "use_sliding_window", "tie_word_embeddings", "rms_norm_eps"})
    silent.erase(field);
  const DecoderSpec spec = spec_of(silent);
  EXPECT_EQ(spec.head_dim, 128);
  EXPECT_EQ(spec.num_key_value_heads, 32);
  EXPECT_EQ(spec.lm_head, "lm_head.weight");
  EXPECT_EQ(spec.norm_eps, 1e-6f);
  EXPECT_TRUE(spec.block(0).linears[0].bias.empty());
  EXPECT_EQ(spec_of(with_fields(silent, {{"head_dim", nullptr}, {"hidden_size", 64}})).head_dim, 2);
}

TEST(Qwen3, WindowsStandWhereLayerTypesSay) {
  const Json config =
      with_fields(tiny_qwen3({.head_dim = 12}).config,
                  {{"use_sliding_window", true},
                   {"sliding_window", 24},
                   {"layer_types", Json::array({"sliding_attention", "full_attention"})}});
  const DecoderSpec spec = spec_of(config);
  EXPECT_EQ(spec.block(0).sliding_window, 24);
  EXPECT_EQ(spec.block(1).sliding_window, 0);
  EXPECT_EQ(refusal_of(with_fields(config, {{"use_sliding_window", false}})),
            "layer_types: sliding_attention without a sliding_window in use (is "
            "[\"sliding_attention\",\"full_attention\"])");
}

TEST(GoldenQwen3, SitesArePinned) { expect_golden_sites(tiny_qwen3(), "qwen3"); }

TEST(Qwen3, ACheckpointOfTheInnerModelIsTheSameModel) {
  expect_same_under(tiny_qwen3(), "model.", "");
}

}  // namespace
}  // namespace nf
