#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/support/decoder_forward.h"
#include "tests/support/golden_lines.h"
#include "tests/support/model_errors.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tensor_near.h"
#include "tests/support/tiny_model.h"

namespace nf {
namespace {

Matrix logits_of(const TinyModel& model) {
  const TempDir dir;
  model.write(dir.path());
  Decoder decoder = open_decoder(dir.path());
  const std::vector<std::int32_t> ids = random_ids(9, 300);
  return decoder_forward(decoder, ids).logits;
}

TEST(Opt, SpecIsTheConfigs) {
  const TempDir dir;
  tiny_opt().write(dir.path());
  const Decoder decoder = open_decoder(dir.path());
  const DecoderSpec& spec = decoder.spec();
  EXPECT_EQ(spec.architecture, "OPTForCausalLM");
  EXPECT_EQ(spec.hidden_size, 32);
  EXPECT_EQ(spec.intermediate_size, 56);
  EXPECT_EQ(spec.num_hidden_layers, 2);
  EXPECT_EQ(spec.num_attention_heads, 4);
  EXPECT_EQ(spec.num_key_value_heads, 4);
  EXPECT_EQ(spec.head_dim, 8);
  EXPECT_EQ(spec.vocab_size, 300);
  EXPECT_EQ(spec.max_position_embeddings, 512);
  EXPECT_EQ(spec.bos_token_id, 0);
  EXPECT_EQ(spec.lm_head, spec.embed_tokens);
  EXPECT_FALSE(spec.rope.has_value());
  ASSERT_TRUE(spec.positions.has_value());
  EXPECT_EQ(spec.positions->offset, 2);
  EXPECT_FALSE(spec.has_gate());
  const std::vector<std::pair<std::string, Role>> aliases = {
      {"out_proj", Role::o_proj}, {"fc1", Role::up_proj}, {"fc2", Role::down_proj}};
  EXPECT_EQ(spec.aliases, aliases);
}

TEST(GoldenOpt, SitesArePinned) {
  const TempDir dir;
  tiny_opt().write(dir.path());
  std::vector<std::string> names;
  for (const Site& site : open_decoder(dir.path()).sites()) names.push_back(site.name());
  EXPECT_EQ(names, golden_lines("sites/opt.txt"));
}

/// Checkpoints saved from the inner model lack the outer prefix.
TEST(Opt, ShorterPrefixesAreTheSameModel) {
  const Matrix expected = logits_of(tiny_opt());
  for (const std::string prefix : {"decoder.", ""}) {
    TinyModel model = tiny_opt();
    for (TestTensor& tensor : model.tensors)
      tensor.name.replace(0, std::string("model.decoder.").size(), prefix);
    EXPECT_TRUE(equal_bits(logits_of(model), expected)) << prefix;
  }
}

TEST(Opt, AStoredHeadIsIgnoredWhereItIsTied) {
  TinyModel model = tiny_opt();
  model.tensors.push_back(
      {"lm_head.weight", Dtype::f32, {300, 32}, std::vector<float>(300 * 32, 9.0f)});
  EXPECT_TRUE(equal_bits(logits_of(model), logits_of(tiny_opt())));
  model.config["tie_word_embeddings"] = false;
  EXPECT_FALSE(equal_bits(logits_of(model), logits_of(tiny_opt())));
}

TEST(Opt, DefaultsAreTheLibrarys) {
  TinyModel model = tiny_opt();
  for (const char* field : {"do_layer_norm_before", "activation_function", "enable_bias",
                            "word_embed_proj_dim", "tie_word_embeddings"})
    model.config.erase(field);
  EXPECT_TRUE(equal_bits(logits_of(model), logits_of(tiny_opt())));
}

TEST(Opt, RefusesWhatWouldGiveOtherNumbers) {
  struct Case {
    const char* field;
    Json value;
    std::string message;
  };
  const std::vector<Case> cases = {
      {"do_layer_norm_before", false,
       "do_layer_norm_before: only the pre-LayerNorm form is implemented (is false)"},
      {"_remove_final_layer_norm", true,
       "_remove_final_layer_norm: a model without its final LayerNorm is not implemented (is "
       "true)"},
      {"layer_norm_elementwise_affine", false,
       "layer_norm_elementwise_affine: a LayerNorm without parameters is not implemented (is "
       "false)"},
      {"activation_function", "gelu",
       "activation_function: only relu is implemented (is \"gelu\")"},
      {"word_embed_proj_dim", 16,
       "word_embed_proj_dim: a projection between embedding and blocks is not implemented (is 16)"},
      {"num_attention_heads", 5, "num_attention_heads: must divide hidden_size 32 (is 5)"},
  };
  for (const Case& c : cases) {
    TinyModel model = tiny_opt();
    model.config[c.field] = c.value;
    EXPECT_EQ(open_error(model), "DIR/config.json: " + c.message);
  }
}

}  // namespace
}  // namespace nf
