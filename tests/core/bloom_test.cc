#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/family_support.h"

namespace nf {
namespace {

/// Slopes are products of up to 112 f32 factors in the library, one rounding of the base here.
constexpr double kSlopeTolerance = 1e-5;  // relative

TEST(Bloom, SpecIsTheConfigs) {
  const DecoderSpec spec = spec_of(tiny_bloom().config);
  EXPECT_EQ(spec.architecture, "BloomForCausalLM");
  EXPECT_EQ(spec.hidden_size, 30);
  EXPECT_EQ(spec.intermediate_size, 120);
  EXPECT_EQ(spec.num_hidden_layers, 2);
  EXPECT_EQ(spec.num_attention_heads, 6);
  EXPECT_EQ(spec.num_key_value_heads, 6);
  EXPECT_EQ(spec.head_dim, 5);
  EXPECT_EQ(spec.norm, NormKind::layer_norm);
  EXPECT_EQ(spec.activation, Activation::gelu_tanh);
  EXPECT_FALSE(spec.gated);
  EXPECT_FALSE(spec.residual_from_norm);
  EXPECT_TRUE(spec.embedding_norm.exists());
  EXPECT_EQ(spec.lm_head, spec.embed_tokens);
  EXPECT_FALSE(spec.rope.has_value());
  EXPECT_FALSE(spec.positions.has_value());
  EXPECT_EQ(spec.alibi_slopes.size(), 6u);
  EXPECT_GE(spec.max_position_embeddings, Index{1} << 20);
  const std::vector<std::pair<std::string, Role>> aliases = {{"dense", Role::o_proj},
                                                             {"dense_h_to_4h", Role::up_proj},
                                                             {"dense_4h_to_h", Role::down_proj}};
  EXPECT_EQ(spec.aliases, aliases);
}

/// Exponents of two for 1, 3, 8 and 12 heads: ALiBi's code with a slope each, by hand.
TEST(Bloom, SlopesServeAnyNumberOfHeads) {
  const std::vector<std::vector<double>> exponents = {
      {-8},
      {-4, -8, -2},
      {-1, -2, -3, -4, -5, -6, -7, -8},
      {-1, -2, -3, -4, -5, -6, -7, -8, -0.5, -1.5, -2.5, -3.5}};
  for (const std::vector<double>& expected : exponents) {
    const auto heads = static_cast<Index>(expected.size());
    const DecoderSpec spec = spec_of(tiny_bloom({.hidden_size = 4 * heads, .heads = heads}).config);
    ASSERT_EQ(spec.alibi_slopes.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i)
      EXPECT_NEAR(static_cast<double>(spec.alibi_slopes[i]) / std::exp2(expected[i]), 1.0,
                  kSlopeTolerance)
          << heads << " heads, head " << i;
  }
}

/// Sizes have two names each. Hub files have n_embed and num_attention_heads.
TEST(Bloom, EitherNameOfASizeWillDo) {
  const TinyModel model = tiny_bloom();
  Json other = model.config;
  for (const auto& [name, other_name] :
       std::vector<std::pair<std::string, std::string>>{{"hidden_size", "n_embed"},
                                                        {"n_layer", "num_hidden_layers"},
                                                        {"n_head", "num_attention_heads"}}) {
    other[other_name] = other.at(name);
    other.erase(name);
  }
  const DecoderSpec spec = spec_of(other);
  EXPECT_EQ(spec.hidden_size, 30);
  EXPECT_EQ(spec.num_hidden_layers, 2);
  EXPECT_EQ(spec.num_attention_heads, 6);
  EXPECT_EQ(spec_of(with_fields(other, {{"hidden_size", 1024}})).hidden_size, 30);
  other.erase("n_embed");
  EXPECT_EQ(refusal_of(other), "n_embed: required field is missing");
}

TEST(Bloom, OptionsAreTheConfigs) {
  const Json config = tiny_bloom().config;
  EXPECT_TRUE(spec_of(with_fields(config, {{"apply_residual_connection_post_layernorm", true}}))
                  .residual_from_norm);
  EXPECT_EQ(spec_of(with_fields(config, {{"tie_word_embeddings", false}})).lm_head,
            "lm_head.weight");
}

TEST(Bloom, WhatOnlyChangesTheOrderOfSumsIsAccepted) {
  EXPECT_EQ(refusal_of(with_fields(tiny_bloom().config, {{"pretraining_tp", 4},
                                                         {"slow_but_exact", true},
                                                         {"seq_length", 2048},
                                                         {"alibi", true}})),
            "no error");
}

TEST(GoldenBloom, SitesArePinned) { expect_golden_sites(tiny_bloom(), "bloom"); }

TEST(Bloom, ACheckpointOfTheInnerModelIsTheSameModel) {
  expect_same_under(tiny_bloom(), "transformer.", "");
}

TEST(Bloom, DefaultsAreTheLibrarys) {
  expect_defaults(tiny_bloom(), {"layer_norm_epsilon", "apply_residual_connection_post_layernorm",
                                 "tie_word_embeddings"});
}

TEST(Bloom, RefusesWhatWouldGiveOtherNumbers) {
  const Json config = tiny_bloom().config;
  EXPECT_EQ(refusal_of(with_fields(config, {{"alibi", false}})),
            "alibi: would change the numbers and is not implemented for this family (is false)");
  EXPECT_EQ(refusal_of(with_fields(config, {{"n_head", 7}})),
            "n_head: must divide hidden_size 30 (is 7)");
}

}  // namespace
}  // namespace nf
