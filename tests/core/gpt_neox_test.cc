#include <gtest/gtest.h>

#include "tests/support/family_support.h"

namespace nf {
namespace {

TEST(GptNeox, SpecIsTheConfigs) {
  const DecoderSpec spec = spec_of(tiny_gpt_neox().config);
  EXPECT_EQ(spec.architecture, "GPTNeoXForCausalLM");
  EXPECT_EQ(spec.hidden_size, 48);
  EXPECT_EQ(spec.head_dim, 16);
  EXPECT_EQ(spec.norm, NormKind::layer_norm);
  EXPECT_EQ(spec.norm_eps, 1e-5f);
  EXPECT_EQ(spec.activation, Activation::gelu);
  EXPECT_FALSE(spec.gated);
  EXPECT_EQ(spec.form, BlockForm::parallel);
  EXPECT_EQ(spec.lm_head, spec.embed_tokens);
  EXPECT_TRUE(spec.block(0).mlp_norm.exists());
  // Each sub-layer has a norm of its own, so the inputs differ.
  EXPECT_EQ(spec.input_owner(Role::up_proj), Role::up_proj);
  const std::vector<std::pair<std::string, Role>> aliases = {{"dense", Role::o_proj},
                                                             {"dense_h_to_4h", Role::up_proj},
                                                             {"dense_4h_to_h", Role::down_proj}};
  EXPECT_EQ(spec.aliases, aliases);
}

TEST(GptNeox, OptionsAreTheConfigs) {
  const Json config = tiny_gpt_neox().config;
  EXPECT_EQ(spec_of(with_fields(config, {{"use_parallel_residual", false}})).form,
            BlockForm::sequential);
  EXPECT_EQ(spec_of(with_fields(config, {{"tie_word_embeddings", false}})).lm_head,
            "embed_out.weight");
  const DecoderSpec spec = spec_of(with_fields(config, {{"attention_bias", false}}));
  for (const LinearTensors& linear : spec.block(0).linears)
    EXPECT_EQ(linear.bias.empty(), linear.role <= Role::o_proj) << linear.weight;
}

/// The share of a head of 16 that turns, and its base, in all spellings and by default.
TEST(GptNeox, RotaryPositionsHaveSeveralSpellings) {
  Json silent = tiny_gpt_neox().config;
  silent.erase("rotary_pct");
  silent.erase("rotary_emb_base");
  const auto frequencies = [&](const std::vector<std::pair<std::string, Json>>& fields) {
    return spec_of(with_fields(silent, fields)).rope->inverse_frequencies;
  };
  const std::vector<float> half = frequencies({{"rotary_pct", 0.5}, {"rotary_emb_base", 500}});
  EXPECT_EQ(half.size(), 4u);
  EXPECT_EQ(frequencies({{"partial_rotary_factor", 0.5}, {"rope_theta", 500}}), half);
  const Json parameters = {
      {"rope_type", "default"}, {"rope_theta", 500.0}, {"partial_rotary_factor", 0.5}};
  EXPECT_EQ(frequencies({{"rope_parameters", parameters}}), half);
  EXPECT_EQ(frequencies({{"rope_parameters", parameters}, {"rotary_pct", 0.25}}), half);
  EXPECT_EQ(frequencies({}), frequencies({{"rotary_pct", 0.25}, {"rotary_emb_base", 10000}}));
  EXPECT_EQ(frequencies({{"rotary_pct", 1.0}}).size(), 8u);
  EXPECT_TRUE(frequencies({{"rotary_pct", 0.0}}).empty());
  EXPECT_EQ(frequencies({{"rotary_pct", 0.3}}).size(), 2u) << "int(16 · 0.3) = 4";
}

TEST(GoldenGptNeox, SitesArePinned) { expect_golden_sites(tiny_gpt_neox(), "gpt_neox"); }

TEST(GptNeox, ACheckpointOfTheInnerModelIsTheSameModel) {
  expect_same_under(tiny_gpt_neox(), "gpt_neox.", "");
}

TEST(GptNeox, StoredMasksAndFrequenciesAreIgnored) {
  const std::vector<float> mask(16, 1.0f);
  const std::string attention = "gpt_neox.layers.0.attention.";
  expect_ignored(tiny_gpt_neox(),
                 {{attention + "bias", Dtype::f32, {1, 1, 4, 4}, mask},
                  {attention + "masked_bias", Dtype::f32, {1}, {-1e9f}},
                  {attention + "rotary_emb.inv_freq", Dtype::f32, {2}, {9.0f, 9.0f}}});
}

TEST(GptNeox, NoRotationAtAllIsAModel) {
  TinyModel model = tiny_gpt_neox();
  model.config["rotary_pct"] = 0.0;
  const Matrix logits = logits_of(model);
  EXPECT_GT(logits(8, 0), -1e3f);
}

TEST(GptNeox, DefaultsAreTheLibrarys) {
  expect_defaults(tiny_gpt_neox({.hidden_size = 48, .heads = 3, .tied = false}),
                  {"hidden_act", "layer_norm_eps", "attention_bias", "use_parallel_residual",
                   "rotary_pct", "rotary_emb_base", "tie_word_embeddings"});
}

TEST(GptNeox, RefusesWhatWouldGiveOtherNumbers) {
  const Json config = tiny_gpt_neox().config;
  EXPECT_EQ(refusal_of(with_fields(config, {{"rotary_pct", 1.5}})),
            "rotary_pct: rotating 1.5 of each head is not implemented for this family (is 1.5)");
  EXPECT_EQ(refusal_of(with_fields(config, {{"num_attention_heads", 5}})),
            "num_attention_heads: must divide hidden_size 48 (is 5)");
  const Json dynamic = {{"type", "dynamic"}, {"factor", 2.0}};
  EXPECT_EQ(refusal_of(with_fields(config, {{"rope_scaling", dynamic}})),
            "rope_scaling: type: 'dynamic' is not implemented; known: default, linear, llama3 (is "
            "\"dynamic\")");
}

}  // namespace
}  // namespace nf
