#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <tuple>
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

TEST(Llama, SpecIsTheConfigs) {
  const TempDir dir;
  tiny_llama({.tied = false}).write(dir.path());
  const Decoder decoder = open_decoder(dir.path());
  const DecoderSpec& spec = decoder.spec();
  EXPECT_EQ(spec.architecture, "LlamaForCausalLM");
  EXPECT_EQ(spec.hidden_size, 32);
  EXPECT_EQ(spec.intermediate_size, 56);
  EXPECT_EQ(spec.num_hidden_layers, 2);
  EXPECT_EQ(spec.num_attention_heads, 4);
  EXPECT_EQ(spec.num_key_value_heads, 2);
  EXPECT_EQ(spec.head_dim, 8);
  EXPECT_EQ(spec.vocab_size, 300);
  EXPECT_EQ(spec.max_position_embeddings, 512);
  EXPECT_EQ(spec.norm_eps, 1e-5f);
  EXPECT_FLOAT_EQ(spec.attention_scale, 1.0f / std::sqrt(8.0f));
  EXPECT_EQ(spec.lm_head, "lm_head.weight");
  ASSERT_TRUE(spec.rope.has_value());
  EXPECT_EQ(spec.rope->inverse_frequencies.size(), 4u);
  EXPECT_FALSE(spec.positions.has_value());
  EXPECT_TRUE(spec.has_gate());
  EXPECT_TRUE(spec.aliases.empty());
}

TEST(GoldenLlama, SitesArePinned) {
  const TempDir dir;
  tiny_llama().write(dir.path());
  std::vector<std::string> names;
  for (const Site& site : open_decoder(dir.path()).sites()) names.push_back(site.name());
  EXPECT_EQ(names, golden_lines("sites/llama.txt"));
}

TEST(Llama, ACheckpointOfTheInnerModelIsTheSameModel) {
  TinyModel inner = tiny_llama();
  for (TestTensor& tensor : inner.tensors) tensor.name.erase(0, std::string("model.").size());
  EXPECT_TRUE(equal_bits(logits_of(inner), logits_of(tiny_llama())));
}

TEST(Llama, StoredFrequenciesAndATiedHeadAreIgnored) {
  TinyModel model = tiny_llama();
  model.tensors.push_back(
      {"model.layers.0.self_attn.rotary_emb.inv_freq", Dtype::f32, {4}, {9.0f, 9.0f, 9.0f, 9.0f}});
  model.tensors.push_back(
      {"lm_head.weight", Dtype::f32, {300, 32}, std::vector<float>(300 * 32, 9.0f)});
  EXPECT_TRUE(equal_bits(logits_of(model), logits_of(tiny_llama())));
}

TEST(Llama, DefaultsAreTheLibrarys) {
  const TinyModel written = tiny_llama({.key_value_heads = 4, .tied = false, .biases = false});
  TinyModel silent = written;
  for (const char* field : {"num_key_value_heads", "hidden_act", "rope_theta", "attention_bias",
                            "mlp_bias", "tie_word_embeddings"})
    silent.config.erase(field);
  EXPECT_TRUE(equal_bits(logits_of(silent), logits_of(written)));
}

/// head_dim need not be hidden_size / num_attention_heads.
TEST(Llama, HeadsMayBeWiderThanTheHiddenState) {
  TinyModel model = tiny_llama({.biases = false});
  model.config["head_dim"] = 12;
  for (const char* layer : {"0", "1"}) {
    const std::string attention = std::string("model.layers.") + layer + ".self_attn.";
    for (const auto& [role, out, in] :
         {std::tuple("q_proj", 48, 32), std::tuple("k_proj", 24, 32), std::tuple("v_proj", 24, 32),
          std::tuple("o_proj", 32, 48)}) {
      TestTensor& weight = model.tensor(attention + role + ".weight");
      weight.shape = {out, in};
      weight.values.resize(static_cast<std::size_t>(out * in), 0.05f);
    }
  }
  EXPECT_GT(logits_of(model)(8, 0), -1e3f);
}

TEST(Llama, RefusesWhatWouldGiveOtherNumbers) {
  struct Case {
    const char* field;
    Json value;
    std::string message;
  };
  const auto rope = [](const std::string& type) {
    return Json{{"rope_type", type}, {"factor", 2.0}};
  };
  const std::vector<Case> cases = {
      {"hidden_act", "gelu", "hidden_act: only silu is implemented (is \"gelu\")"},
      {"rope_scaling", rope("yarn"),
       "rope_scaling: rope_type: 'yarn' is not implemented; known: default, linear, llama3 (is "
       "\"yarn\")"},
      {"rope_scaling", rope("dynamic"),
       "rope_scaling: rope_type: 'dynamic' is not implemented; known: default, linear, llama3 (is "
       "\"dynamic\")"},
      {"num_key_value_heads", 3, "num_key_value_heads: must divide num_attention_heads 4 (is 3)"},
      {"head_dim", 7, "head_dim: rotary positions need an even head_dim (is 7)"},
  };
  for (const Case& c : cases) {
    TinyModel model = tiny_llama();
    model.config[c.field] = c.value;
    EXPECT_EQ(open_error(model), "DIR/config.json: " + c.message);
  }
}

}  // namespace
}  // namespace nf
