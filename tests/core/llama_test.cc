#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/family_support.h"

namespace nf {
namespace {

TEST(Llama, SpecIsTheConfigs) {
  const DecoderSpec spec = spec_of(tiny_llama({.tied = false}).config);
  EXPECT_EQ(spec.architecture, "LlamaForCausalLM");
  EXPECT_EQ(spec.hidden_size, 32);
  EXPECT_EQ(spec.intermediate_size, 56);
  EXPECT_EQ(spec.num_hidden_layers, 2);
  EXPECT_EQ(spec.num_attention_heads, 4);
  EXPECT_EQ(spec.num_key_value_heads, 2);
  EXPECT_EQ(spec.head_dim, 8);
  EXPECT_EQ(spec.vocab_size, 300);
  EXPECT_EQ(spec.max_position_embeddings, 512);
  EXPECT_EQ(spec.norm, NormKind::rms_norm);
  EXPECT_EQ(spec.norm_eps, 1e-5f);
  EXPECT_EQ(spec.activation, Activation::silu);
  EXPECT_TRUE(spec.gated);
  EXPECT_EQ(spec.form, BlockForm::sequential);
  EXPECT_EQ(spec.lm_head, "lm_head.weight");
  ASSERT_TRUE(spec.rope.has_value());
  EXPECT_EQ(spec.rope->inverse_frequencies.size(), 4u);
  EXPECT_FALSE(spec.rope->interleaved);
  EXPECT_FALSE(spec.positions.has_value());
  EXPECT_TRUE(spec.aliases.empty());
  EXPECT_FLOAT_EQ(spec.block(1).attention_scale, 1.0f / std::sqrt(8.0f));
  EXPECT_EQ(spec.block(1).sliding_window, 0);
  EXPECT_EQ(spec.input_owner(Role::up_proj), Role::gate_proj);
}

TEST(Llama, BiasesAreTheConfigs) {
  const Json config = tiny_llama().config;
  for (const bool attention : {false, true})
    for (const bool mlp : {false, true}) {
      const DecoderSpec spec =
          spec_of(with_fields(config, {{"attention_bias", attention}, {"mlp_bias", mlp}}));
      for (const LinearTensors& linear : spec.block(0).linears)
        EXPECT_EQ(!linear.bias.empty(), linear.role <= Role::o_proj ? attention : mlp)
            << linear.weight;
    }
}

/// head_dim need not be hidden_size / num_attention_heads.
TEST(Llama, HeadsMayHaveAnotherWidth) {
  const BlockSpec block = spec_of(tiny_llama({.head_dim = 12}).config).block(0);
  EXPECT_EQ(block.linears[0].out, 48);
  EXPECT_EQ(block.linears[1].out, 24);
  EXPECT_EQ(block.linears[3].in, 48);
  EXPECT_EQ(spec_of(with_fields(tiny_llama().config, {{"head_dim", nullptr}})).head_dim, 8);
}

TEST(GoldenLlama, SitesArePinned) { expect_golden_sites(tiny_llama(), "llama"); }

TEST(Llama, ACheckpointOfTheInnerModelIsTheSameModel) {
  expect_same_under(tiny_llama(), "model.", "");
}

TEST(Llama, StoredFrequenciesAreIgnored) {
  for (const char* module :
       {"model.layers.0.self_attn.rotary_emb", "model.rotary_emb", "rotary_emb"})
    expect_ignored(
        tiny_llama(),
        {{std::string(module) + ".inv_freq", Dtype::f32, {4}, {9.0f, 9.0f, 9.0f, 9.0f}}});
}

TEST(Llama, DefaultsAreTheLibrarys) {
  TinyModel model = tiny_llama({.key_value_heads = 4, .tied = false, .biases = false});
  model.config["rms_norm_eps"] = 1e-6;
  expect_defaults(model, {"num_key_value_heads", "hidden_act", "rope_theta", "attention_bias",
                          "mlp_bias", "tie_word_embeddings", "rms_norm_eps"});
  Json silent = model.config;
  silent.erase("max_position_embeddings");
  EXPECT_EQ(spec_of(silent).max_position_embeddings, 2048);
}

TEST(Llama, RefusesWhatWouldGiveOtherNumbers) {
  const Json config = tiny_llama().config;
  const auto rope = [](const std::string& type) {
    return Json{{"rope_type", type}, {"factor", 2.0}};
  };
  const std::vector<std::pair<std::pair<std::string, Json>, std::string>> cases = {
      {{"hidden_act", "quick_gelu"},
       "hidden_act: 'quick_gelu' is not implemented; known: relu, gelu, gelu_python, gelu_new, "
       "gelu_fast, gelu_accurate, gelu_pytorch_tanh, silu, swish"},
      {{"rope_scaling", rope("yarn")},
       "rope_scaling: rope_type: 'yarn' is not implemented; known: default, linear, llama3 (is "
       "\"yarn\")"},
      {{"rope_scaling", rope("dynamic")},
       "rope_scaling: rope_type: 'dynamic' is not implemented; known: default, linear, llama3 (is "
       "\"dynamic\")"},
      {{"partial_rotary_factor", 0.5},
       "partial_rotary_factor: rotating 0.5 of each head is not implemented for this family (is "
       "0.5)"},
      {{"num_key_value_heads", 3},
       "num_key_value_heads: 3 does not divide num_attention_heads 4 (is 3)"},
      {{"num_attention_heads", 5},
       "num_key_value_heads: 2 does not divide num_attention_heads 5 (is 2)"},
      {{"hidden_size", 34},
       "num_attention_heads: must divide hidden_size 34 where there is no head_dim (is 4)"},
      {{"head_dim", 7}, "head_dim: rotary positions need an even head_dim, not 7 (is 7)"},
      {{"layer_types", Json::array({"full_attention", "sliding_attention"})},
       "layer_types: sliding_attention without a sliding_window in use (is "
       "[\"full_attention\",\"sliding_attention\"])"},
      {{"use_qk_norm", true},
       "use_qk_norm: would change the numbers and is not implemented for this family (is true)"},
  };
  for (const auto& [field, message] : cases)
    EXPECT_EQ(refusal_of(with_fields(config, {field})), message);
}

}  // namespace
}  // namespace nf
