#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/family_support.h"

namespace nf {
namespace {

TEST(Gpt2, SpecIsTheConfigs) {
  const DecoderSpec spec = spec_of(tiny_gpt2().config);
  EXPECT_EQ(spec.architecture, "GPT2LMHeadModel");
  EXPECT_EQ(spec.hidden_size, 30);
  EXPECT_EQ(spec.intermediate_size, 56);
  EXPECT_EQ(spec.num_hidden_layers, 2);
  EXPECT_EQ(spec.num_attention_heads, 5);
  EXPECT_EQ(spec.head_dim, 6);
  EXPECT_EQ(spec.max_position_embeddings, 512);
  EXPECT_EQ(spec.norm, NormKind::layer_norm);
  EXPECT_EQ(spec.activation, Activation::gelu_tanh);
  EXPECT_EQ(spec.lm_head, spec.embed_tokens);
  ASSERT_TRUE(spec.positions.has_value());
  EXPECT_EQ(spec.positions->offset, 0);
  // "c_proj" names two roles and "c_attn" three: neither can stand for one.
  const std::vector<std::pair<std::string, Role>> aliases = {{"c_fc", Role::up_proj}};
  EXPECT_EQ(spec.aliases, aliases);
  for (const LinearTensors& linear : spec.block(0).linears) EXPECT_TRUE(linear.transposed);
}

TEST(Gpt2, AttentionScalesAreTheConfigs) {
  const Json config = tiny_gpt2({.layers = 3, .hidden_size = 30, .heads = 5}).config;
  const auto scale = [&](bool by_head, bool by_layer, Index layer) {
    return spec_of(with_fields(config, {{"scale_attn_weights", by_head},
                                        {"scale_attn_by_inverse_layer_idx", by_layer}}))
        .block(layer)
        .attention_scale;
  };
  const float root = 1.0f / std::sqrt(6.0f);
  EXPECT_FLOAT_EQ(scale(true, false, 2), root);
  EXPECT_FLOAT_EQ(scale(true, true, 0), root);
  EXPECT_FLOAT_EQ(scale(true, true, 2), root / 3.0f);
  EXPECT_FLOAT_EQ(scale(false, false, 2), 1.0f);
  EXPECT_FLOAT_EQ(scale(false, true, 2), 1.0f / 3.0f);
}

TEST(Gpt2, EitherNameOfASizeWillDo) {
  Json other = tiny_gpt2().config;
  for (const auto& [name, other_name] : std::vector<std::pair<std::string, std::string>>{
           {"n_embd", "hidden_size"},
           {"n_layer", "num_hidden_layers"},
           {"n_head", "num_attention_heads"},
           {"n_positions", "max_position_embeddings"}}) {
    other[other_name] = other.at(name);
    other.erase(name);
  }
  const DecoderSpec spec = spec_of(other);
  EXPECT_EQ(spec.hidden_size, 30);
  EXPECT_EQ(spec.num_hidden_layers, 2);
  EXPECT_EQ(spec.num_attention_heads, 5);
  EXPECT_EQ(spec.max_position_embeddings, 512);
}

TEST(GoldenGpt2, SitesArePinned) { expect_golden_sites(tiny_gpt2(), "gpt2"); }

TEST(Gpt2, ACheckpointOfTheInnerModelIsTheSameModel) {
  expect_same_under(tiny_gpt2(), "transformer.", "");
}

TEST(Gpt2, StoredMasksAreIgnored) {
  const std::vector<float> mask(16, 1.0f);
  expect_ignored(tiny_gpt2(), {{"transformer.h.0.attn.bias", Dtype::f32, {1, 1, 4, 4}, mask},
                               {"transformer.h.1.attn.masked_bias", Dtype::f32, {1}, {-1e4f}}});
}

TEST(Gpt2, DefaultsAreTheLibrarys) {
  TinyModel model = tiny_gpt2(
      {.hidden_size = 30, .intermediate_size = 120, .heads = 5, .max_position_embeddings = 1024});
  model.config["scale_attn_weights"] = true;
  model.config["scale_attn_by_inverse_layer_idx"] = false;
  expect_defaults(model,
                  {"n_inner", "n_positions", "activation_function", "layer_norm_epsilon",
                   "tie_word_embeddings", "scale_attn_weights", "scale_attn_by_inverse_layer_idx"});
}

TEST(Gpt2, RefusesWhatWouldGiveOtherNumbers) {
  const Json config = tiny_gpt2().config;
  EXPECT_EQ(refusal_of(with_fields(config, {{"add_cross_attention", true}})),
            "add_cross_attention: would change the numbers and is not implemented for this family "
            "(is true)");
  EXPECT_EQ(refusal_of(with_fields(config, {{"activation_function", "gelu_ne"}})),
            "activation_function: 'gelu_ne' is not implemented; did you mean 'gelu_new'?");
  EXPECT_EQ(refusal_of(with_fields(config, {{"n_head", 4}})),
            "n_head: must divide hidden_size 30 (is 4)");
}

}  // namespace
}  // namespace nf
