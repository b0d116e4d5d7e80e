#include <gtest/gtest.h>

#include "tests/support/family_support.h"

namespace nf {
namespace {

TEST(Mistral, SpecIsTheConfigs) {
  const DecoderSpec spec = spec_of(tiny_mistral().config);
  EXPECT_EQ(spec.architecture, "MistralForCausalLM");
  EXPECT_EQ(spec.norm, NormKind::rms_norm);
  EXPECT_EQ(spec.form, BlockForm::sequential);
  EXPECT_TRUE(spec.gated);
  EXPECT_EQ(spec.head_dim, 12);
  EXPECT_EQ(spec.num_key_value_heads, 2);
  for (Index layer = 0; layer < 2; ++layer) {
    EXPECT_EQ(spec.block(layer).sliding_window, 24);
    for (const LinearTensors& linear : spec.block(layer).linears) EXPECT_TRUE(linear.bias.empty());
  }
}

/// Absent and null differ here.
TEST(Mistral, DefaultsAreTheLibrarys) {
  Json silent = tiny_mistral({.heads = 16, .head_dim = 4}).config;
  for (const char* field : {"sliding_window", "num_key_value_heads", "max_position_embeddings",
                            "tie_word_embeddings", "rms_norm_eps"})
    silent.erase(field);
  const DecoderSpec spec = spec_of(silent);
  EXPECT_EQ(spec.block(1).sliding_window, 4096);
  EXPECT_EQ(spec.num_key_value_heads, 8);
  EXPECT_EQ(spec.max_position_embeddings, 131072);
  EXPECT_EQ(spec.lm_head, "lm_head.weight");
  EXPECT_EQ(spec.norm_eps, 1e-6f);
  const DecoderSpec nulls =
      spec_of(with_fields(silent, {{"sliding_window", nullptr}, {"num_key_value_heads", nullptr}}));
  EXPECT_EQ(nulls.block(1).sliding_window, 0);
  EXPECT_EQ(nulls.num_key_value_heads, 16);
}

TEST(GoldenMistral, SitesArePinned) { expect_golden_sites(tiny_mistral(), "mistral"); }

TEST(Mistral, ACheckpointOfTheInnerModelIsTheSameModel) {
  expect_same_under(tiny_mistral(), "model.", "");
}

TEST(Mistral, RefusesWhatWouldGiveOtherNumbers) {
  const Json config = tiny_mistral().config;
  EXPECT_EQ(refusal_of(with_fields(config, {{"sliding_window", 0}})),
            "sliding_window: must be a positive integer, is 0");
  const Json mixed = Json::array({"sliding_attention", "full_attention"});
  EXPECT_EQ(refusal_of(with_fields(config, {{"layer_types", mixed}})),
            "layer_types: this family has its sliding_window in all layers or in none (is "
            "[\"sliding_attention\",\"full_attention\"])");
  const Json all = Json::array({"sliding_attention", "sliding_attention"});
  EXPECT_EQ(refusal_of(with_fields(config, {{"layer_types", all}})), "no error");
  Json silent = config;
  silent.erase("num_key_value_heads");
  EXPECT_EQ(refusal_of(silent),
            "num_key_value_heads: 8 does not divide num_attention_heads 4 (is absent)");
}

}  // namespace
}  // namespace nf
