#include <gtest/gtest.h>

#include "tests/support/family_support.h"

namespace nf {
namespace {

TEST(Qwen2, SpecIsTheConfigs) {
  const DecoderSpec spec = spec_of(tiny_qwen2().config);
  EXPECT_EQ(spec.architecture, "Qwen2ForCausalLM");
  EXPECT_EQ(spec.norm, NormKind::rms_norm);
  EXPECT_EQ(spec.norm_eps, 1e-6f);
  EXPECT_EQ(spec.head_dim, 8);
  EXPECT_EQ(spec.lm_head, spec.embed_tokens);
  const BlockSpec block = spec.block(0);
  EXPECT_FALSE(block.q_norm.exists());
  for (const LinearTensors& linear : block.linears)
    EXPECT_EQ(linear.bias.empty(), linear.role > Role::v_proj) << linear.weight;
}

TEST(Qwen2, WindowsStandInUpperLayers) {
  const Json config =
      with_fields(tiny_qwen2({.layers = 4}).config,
                  {{"use_sliding_window", true}, {"sliding_window", 24}, {"max_window_layers", 3}});
  const DecoderSpec spec = spec_of(config);
  EXPECT_EQ(spec.block(2).sliding_window, 0);
  EXPECT_EQ(spec.block(3).sliding_window, 24);
  const DecoderSpec unused = spec_of(with_fields(config, {{"use_sliding_window", false}}));
  EXPECT_EQ(unused.block(3).sliding_window, 0);
}

TEST(Qwen2, DefaultsAreTheLibrarys) {
  Json silent = tiny_qwen2({.heads = 32, .head_dim = 2}).config;
  for (const char* field : {"num_key_value_heads", "use_sliding_window", "tie_word_embeddings",
                            "rms_norm_eps", "max_position_embeddings", "head_dim"})
    silent.erase(field);
  silent["hidden_size"] = 64;
  const DecoderSpec spec = spec_of(silent);
  EXPECT_EQ(spec.num_key_value_heads, 32);
  EXPECT_EQ(spec.lm_head, "lm_head.weight");
  EXPECT_EQ(spec.norm_eps, 1e-6f);
  EXPECT_EQ(spec.max_position_embeddings, 32768);
  EXPECT_EQ(spec.block(1).sliding_window, 0);
}

TEST(GoldenQwen2, SitesArePinned) { expect_golden_sites(tiny_qwen2(), "qwen2"); }

TEST(Qwen2, ACheckpointOfTheInnerModelIsTheSameModel) {
  expect_same_under(tiny_qwen2(), "model.", "");
}

TEST(Qwen2, RefusesWhatWouldGiveOtherNumbers) {
  const Json config = tiny_qwen2().config;
  const Json mixed = Json::array({"full_attention", "linear_attention"});
  EXPECT_EQ(refusal_of(with_fields(config, {{"layer_types", mixed}})),
            "layer_types: \"linear_attention\" is not implemented; known: full_attention, "
            "sliding_attention (is [\"full_attention\",\"linear_attention\"])");
  EXPECT_EQ(refusal_of(with_fields(config, {{"num_experts", 60}})),
            "num_experts: would change the numbers and is not implemented for this family (is 60)");
}

}  // namespace
}  // namespace nf
