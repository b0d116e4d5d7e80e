#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/family_support.h"
#include "tests/support/tensor_near.h"

namespace nf {
namespace {

TEST(Opt, SpecIsTheConfigs) {
  const DecoderSpec spec = spec_of(tiny_opt().config);
  EXPECT_EQ(spec.architecture, "OPTForCausalLM");
  EXPECT_EQ(spec.hidden_size, 32);
  EXPECT_EQ(spec.intermediate_size, 56);
  EXPECT_EQ(spec.num_hidden_layers, 2);
  EXPECT_EQ(spec.num_attention_heads, 4);
  EXPECT_EQ(spec.num_key_value_heads, 4);
  EXPECT_EQ(spec.head_dim, 8);
  EXPECT_EQ(spec.vocab_size, 300);
  EXPECT_EQ(spec.max_position_embeddings, 512);
  EXPECT_EQ(spec.norm, NormKind::layer_norm);
  EXPECT_EQ(spec.norm_eps, 1e-5f);
  EXPECT_EQ(spec.activation, Activation::relu);
  EXPECT_FALSE(spec.gated);
  EXPECT_EQ(spec.form, BlockForm::sequential);
  EXPECT_EQ(spec.lm_head, spec.embed_tokens);
  EXPECT_EQ(spec.embedding_size(), 32);
  EXPECT_TRUE(spec.project_in.empty());
  EXPECT_TRUE(spec.final_norm.exists());
  EXPECT_FALSE(spec.rope.has_value());
  ASSERT_TRUE(spec.positions.has_value());
  EXPECT_EQ(spec.positions->offset, 2);
  EXPECT_EQ(spec.input_owner(Role::up_proj), Role::up_proj);
  const std::vector<std::pair<std::string, Role>> aliases = {
      {"out_proj", Role::o_proj}, {"fc1", Role::up_proj}, {"fc2", Role::down_proj}};
  EXPECT_EQ(spec.aliases, aliases);
}

/// OPT-350m: norms behind the sub-layers and none at the end, an embedding narrower than the
/// blocks.
TEST(Opt, The350mFormIsTheConfigs) {
  const DecoderSpec spec = spec_of(tiny_opt_350m().config);
  EXPECT_EQ(spec.form, BlockForm::post_norm);
  EXPECT_FALSE(spec.final_norm.exists());
  EXPECT_EQ(spec.embedding_size(), 20);
  EXPECT_EQ(spec.project_in, "model.decoder.project_in.weight");
  EXPECT_EQ(spec.project_out, "model.decoder.project_out.weight");
}

TEST(Opt, OptionsAreTheConfigs) {
  const Json config = tiny_opt().config;
  EXPECT_FALSE(
      spec_of(with_fields(config, {{"_remove_final_layer_norm", true}})).final_norm.exists());
  EXPECT_EQ(spec_of(with_fields(config, {{"tie_word_embeddings", false}})).lm_head,
            "lm_head.weight");
  EXPECT_EQ(spec_of(with_fields(config, {{"activation_function", "gelu"}})).activation,
            Activation::gelu);
  for (const bool bias : {false, true}) {
    const DecoderSpec spec = spec_of(with_fields(config, {{"enable_bias", bias}}));
    for (const LinearTensors& linear : spec.block(1).linears)
      EXPECT_EQ(linear.bias.empty(), !bias) << linear.weight;
  }
}

TEST(GoldenOpt, SitesArePinned) {
  expect_golden_sites(tiny_opt(), "opt");
  expect_golden_sites(tiny_opt_350m(), "opt");
}

/// Checkpoints saved from the inner model lack the outer prefix.
TEST(Opt, ShorterPrefixesAreTheSameModel) {
  for (const char* prefix : {"decoder.", ""})
    expect_same_under(tiny_opt(), "model.decoder.", prefix);
}

/// A norm without parameters is one of weight 1 and bias 0.
TEST(Opt, NormsMayHaveNoParameters) {
  for (TinyModel model : {tiny_opt(), tiny_opt_350m()}) {
    for (TestTensor& tensor : model.tensors)
      if (tensor.name.find("layer_norm.") != std::string::npos)
        std::fill(tensor.values.begin(), tensor.values.end(),
                  tensor.name.ends_with("weight") ? 1.0f : 0.0f);
    const Matrix expected = logits_of(model);
    std::erase_if(model.tensors, [](const TestTensor& tensor) {
      return tensor.name.find("layer_norm.") != std::string::npos;
    });
    model.config["layer_norm_elementwise_affine"] = false;
    EXPECT_TRUE(equal_bits(logits_of(model), expected));
  }
}

TEST(Opt, AStoredVersionIsIgnored) {
  expect_ignored(tiny_opt(), {{"model.decoder.version", Dtype::f32, {1}, {3.0f}}});
}

TEST(Opt, DefaultsAreTheLibrarys) {
  expect_defaults(tiny_opt(), {"do_layer_norm_before", "activation_function", "enable_bias",
                               "word_embed_proj_dim", "tie_word_embeddings"});
  TinyModel model = tiny_opt({.max_position_embeddings = 2048});
  expect_defaults(model, {"max_position_embeddings"});
}

TEST(Opt, RefusesWhatWouldGiveOtherNumbers) {
  const Json config = tiny_opt().config;
  EXPECT_EQ(refusal_of(with_fields(config, {{"scale_embeddings", true}})),
            "scale_embeddings: would change the numbers and is not implemented for this family (is "
            "true)");
  EXPECT_EQ(refusal_of(with_fields(config, {{"num_attention_heads", 5}})),
            "num_attention_heads: must divide hidden_size 32 (is 5)");
  EXPECT_EQ(refusal_of(with_fields(config, {{"layer_norm_elementwise_affine", true},
                                            {"scale_embeddings", false},
                                            {"learned_embeddings", true}})),
            "no error");
}

}  // namespace
}  // namespace nf
