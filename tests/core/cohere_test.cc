#include <gtest/gtest.h>

#include "tests/support/family_support.h"

namespace nf {
namespace {

TEST(Cohere, SpecIsTheConfigs) {
  const DecoderSpec spec = spec_of(tiny_cohere().config);
  EXPECT_EQ(spec.architecture, "CohereForCausalLM");
  EXPECT_EQ(spec.norm, NormKind::layer_norm);
  EXPECT_EQ(spec.norm_eps, 1e-5f);
  EXPECT_EQ(spec.form, BlockForm::parallel);
  EXPECT_TRUE(spec.gated);
  EXPECT_EQ(spec.logit_scale, 0.25f);
  EXPECT_TRUE(spec.final_norm.bias.empty());
  ASSERT_TRUE(spec.rope.has_value());
  EXPECT_TRUE(spec.rope->interleaved);
  const BlockSpec block = spec.block(0);
  EXPECT_TRUE(block.attention_norm.exists());
  EXPECT_TRUE(block.attention_norm.bias.empty());
  EXPECT_FALSE(block.mlp_norm.exists());
  EXPECT_FALSE(block.q_norm.exists());
  for (const LinearTensors& linear : block.linears)
    EXPECT_EQ(linear.bias.empty(), linear.role > Role::o_proj) << linear.weight;
}

/// Attention and MLP read one norm's result, so there is one distorted input.
TEST(Cohere, OneInputForBothSubLayers) {
  const DecoderSpec spec = spec_of(tiny_cohere().config);
  for (const Role role : {Role::q_proj, Role::k_proj, Role::v_proj, Role::gate_proj, Role::up_proj})
    EXPECT_EQ(spec.input_owner(role), Role::q_proj) << role_name(role);
  EXPECT_EQ(spec.input_owner(Role::o_proj), Role::o_proj);
  EXPECT_EQ(spec.input_owner(Role::down_proj), Role::down_proj);
}

TEST(Cohere, QueriesAndKeysMayBeNormalised) {
  const DecoderSpec spec = spec_of(tiny_cohere({.qk_norms = true}).config);
  EXPECT_TRUE(spec.qk_norm_per_head);
  EXPECT_EQ(spec.block(1).q_norm.weight, "model.layers.1.self_attn.q_norm.weight");
  EXPECT_EQ(spec.block(1).k_norm.weight, "model.layers.1.self_attn.k_norm.weight");
  EXPECT_TRUE(spec.block(1).q_norm.bias.empty());
  int checked = 0;
  for (const ExpectedTensor& tensor : expected_tensors(spec)) {
    const bool q = tensor.name.ends_with("q_norm.weight");
    if (!q && !tensor.name.ends_with("k_norm.weight")) continue;
    EXPECT_EQ(tensor.shape, (std::vector<Index>{q ? 4 : 2, 8})) << tensor.name;
    ++checked;
  }
  EXPECT_EQ(checked, 4);
}

TEST(Cohere, DefaultsAreTheLibrarys) {
  Json silent = tiny_cohere({.biases = false}).config;
  for (const char* field :
       {"logit_scale", "layer_norm_eps", "num_key_value_heads", "tie_word_embeddings",
        "attention_bias", "use_qk_norm", "rope_theta", "max_position_embeddings"})
    silent.erase(field);
  const DecoderSpec spec = spec_of(silent);
  EXPECT_EQ(spec.logit_scale, 0.0625f);
  EXPECT_EQ(spec.norm_eps, 1e-5f);
  EXPECT_EQ(spec.num_key_value_heads, 4);
  EXPECT_EQ(spec.lm_head, spec.embed_tokens);
  EXPECT_TRUE(spec.block(0).linears[0].bias.empty());
  EXPECT_FALSE(spec.block(0).q_norm.exists());
  EXPECT_EQ(spec.max_position_embeddings, 8192);
  EXPECT_EQ(spec.rope->inverse_frequencies,
            spec_of(with_fields(silent, {{"rope_theta", 500000.0}})).rope->inverse_frequencies);
}

TEST(GoldenCohere, SitesArePinned) { expect_golden_sites(tiny_cohere(), "cohere"); }

TEST(Cohere, ACheckpointOfTheInnerModelIsTheSameModel) {
  expect_same_under(tiny_cohere(), "model.", "");
}

TEST(Cohere, RefusesWhatWouldGiveOtherNumbers) {
  const Json config = tiny_cohere().config;
  const auto message = [&](const std::string& field, const Json& value) {
    return refusal_of(with_fields(config, {{field, value}}));
  };
  EXPECT_EQ(message("sliding_window", 4096),
            "sliding_window: would change the numbers and is not implemented for this family (is "
            "4096)");
  EXPECT_EQ(message("use_parallel_block", false),
            "use_parallel_block: would change the numbers and is not implemented for this family "
            "(is false)");
  EXPECT_EQ(message("use_parallel_block", true), "no error");
  EXPECT_EQ(message("layer_types", Json::array({"sliding_attention", "full_attention"})),
            "layer_types: sliding_attention without a sliding_window in use (is "
            "[\"sliding_attention\",\"full_attention\"])");
}

}  // namespace
}  // namespace nf
