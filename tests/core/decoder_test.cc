#include "core/model/decoder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "tests/reference/forward.h"
#include "tests/support/decoder_forward.h"
#include "tests/support/model_errors.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tensor_near.h"
#include "tests/support/tiny_model.h"
#include "tests/support/write_torch_bin.h"

namespace nf {
namespace {

/// Relative to the largest value: f32 against double over three blocks, each about ten roundings
/// deep over sums of at most 60 terms.
constexpr double kForwardTolerance = 1e-5;
/// Angles are f32: at 300 radians they are off by 1.5e-5, which the scores take over.
constexpr double kRotaryForwardTolerance = 5e-5;

struct NamedModel {
  std::string name;
  TinyModel model;
};

std::vector<NamedModel> models() {
  TinyModel llama3 = tiny_llama({.layers = 3, .tied = false, .biases = false});
  llama3.config["rope_theta"] = 500000.0;
  llama3.config["rope_scaling"] = {{"rope_type", "llama3"},
                                   {"factor", 8.0},
                                   {"low_freq_factor", 1.0},
                                   {"high_freq_factor", 4.0},
                                   {"original_max_position_embeddings", 64}};
  TinyModel linear_rope = tiny_llama();
  linear_rope.config["rope_scaling"] = {
      {"type", "linear"}, {"rope_type", "linear"}, {"factor", 4.0}};
  return {
      {"OPT tied", tiny_opt()},
      {"OPT untied, two vocabulary chunks",
       tiny_opt({.layers = 3, .hidden_size = 24, .heads = 3, .vocab_size = 1100, .tied = false})},
      {"OPT without biases", tiny_opt({.biases = false})},
      {"OPT bf16", tiny_opt({.dtype = Dtype::bf16})},
      {"Llama tied, grouped heads, biases", tiny_llama()},
      {"Llama untied, two vocabulary chunks",
       tiny_llama({.vocab_size = 1100, .tied = false, .biases = false})},
      {"Llama with one key/value head, f16",
       tiny_llama({.hidden_size = 30, .heads = 5, .key_value_heads = 1, .dtype = Dtype::f16})},
      {"Llama without groups", tiny_llama({.key_value_heads = 4})},
      {"Llama 3 rotary", llama3},
      {"Llama linear rotary", linear_rope}};
}

void expect_near(const Matrix& got, const RowMatrix& expected, double tolerance) {
  EXPECT_TRUE(tensor_near(got, expected, tolerance * expected.cwiseAbs().maxCoeff()));
}

TEST(Decoder, EveryStepIsTheReferences) {
  for (const NamedModel& named : models()) {
    const TempDir dir;
    named.model.write(dir.path());
    Decoder decoder = open_decoder(dir.path());
    for (const Index tokens : {1, 5, 130, 300}) {
      SCOPED_TRACE(named.name + ", " + std::to_string(tokens) + " tokens");
      const std::vector<std::int32_t> ids = random_ids(tokens, decoder.spec().vocab_size);
      const ReferenceForward expected = reference_forward(dir.path(), ids);
      const DecoderForward got = decoder_forward(decoder, ids);
      const double tolerance =
          decoder.spec().rope && tokens > 100 ? kRotaryForwardTolerance : kForwardTolerance;
      ASSERT_EQ(got.hidden.size(), expected.hidden.size());
      for (std::size_t i = 0; i < got.hidden.size(); ++i) {
        SCOPED_TRACE("hidden state " + std::to_string(i));
        expect_near(got.hidden[i], expected.hidden[i], tolerance);
      }
      expect_near(got.normed, expected.normed, tolerance);
      expect_near(got.logits, expected.logits, tolerance);
    }
  }
}

TEST(Decoder, ChunksOfTheHeadAreTheSameWhicheverSlabTheyComeIn) {
  const TempDir dir;
  tiny_llama({.vocab_size = 2100}).write(dir.path());
  const Decoder decoder = open_decoder(dir.path());
  const HeadSlab whole = decoder.load_head(0, 2100);
  ASSERT_EQ(whole.chunks.size(), 3u);
  EXPECT_EQ(whole.chunks[0].out(), kVocabChunk);
  EXPECT_EQ(whole.chunks[2].out(), 2100 - 2 * kVocabChunk);
  Matrix x(3, 32);
  x.fill(0.7f);
  for (std::size_t i = 0; i < 3; ++i) {
    const HeadSlab slab = decoder.load_head(static_cast<Index>(i) * kVocabChunk, kVocabChunk);
    EXPECT_EQ(slab.first_token, static_cast<Index>(i) * kVocabChunk);
    ASSERT_EQ(slab.chunks.size(), 1u);
    Matrix one(3, slab.chunks[0].out()), other(3, slab.chunks[0].out());
    linear(x, slab.chunks[0], {}, one);
    linear(x, whole.chunks[i], {}, other);
    EXPECT_TRUE(equal_bits(one, other));
  }
  EXPECT_THROW(decoder.load_head(100, kVocabChunk), InternalError);
}

TEST(Decoder, IdsOutsideTheVocabularyAreRefused) {
  for (const TinyModel& model : {tiny_opt(), tiny_llama()}) {
    const TempDir dir;
    model.write(dir.path());
    const Decoder decoder = open_decoder(dir.path());
    Matrix hidden(3, 32);
    for (const std::int32_t bad : {-1, 300, 100000}) {
      const std::vector<std::int32_t> ids = {299, 0, bad};
      EXPECT_EQ(data_error_of([&] {
                  decoder.embed(ids, Layout::window(static_cast<Index>(ids.size())), hidden);
                }),
                dir.path().string() + ": token id " + std::to_string(bad) +
                    " at position 2 is outside the vocabulary of 300");
    }
  }
}

TEST(Decoder, WeightsThatAreNotFiniteAreRefused) {
  struct Case {
    std::string tensor;
    std::size_t index;
    float value;
    std::string cause;
    std::function<void(Decoder&)> read;
  };
  const auto block = [](Decoder& d) { d.load_block(1); };
  const std::vector<Case> cases = {
      {"model.layers.1.mlp.up_proj.weight", 33, NAN, "NaN at [1, 1]", block},
      {"model.layers.1.self_attn.q_proj.bias", 3, INFINITY, "infinity at [3]", block},
      {"model.layers.1.input_layernorm.weight", 31, NAN, "NaN at [31]", block},
      {"model.norm.weight", 0, NAN, "NaN at [0]", [](Decoder& d) { d.prepare(4); }},
      {"lm_head.weight", 32 * 299 + 5, NAN, "NaN at [299, 5]",
       [](Decoder& d) { d.load_head(0, 300); }},
      {"model.embed_tokens.weight", 32 * 7 + 2, -INFINITY, "infinity at [7, 2]",
       [](Decoder& d) {
         Matrix hidden(1, 32);
         d.embed(std::vector<std::int32_t>{7}, Layout::window(1), hidden);
       }},
  };
  for (const Case& c : cases) {
    TinyModel model = tiny_llama({.tied = false});
    model.tensor(c.tensor).values[c.index] = c.value;
    const TempDir dir;
    model.write(dir.path());
    Decoder decoder = open_decoder(dir.path());
    EXPECT_EQ(data_error_of([&] { c.read(decoder); }),
              (dir / "model.safetensors").string() + ": tensor '" + c.tensor + "': " + c.cause);
  }
}

TEST(Decoder, TensorsMustBeThoseOfTheConfig) {
  struct Case {
    std::function<void(TinyModel&)> change;
    std::string message;
  };
  const std::vector<Case> cases = {
      {[](TinyModel& m) { m.remove("model.layers.1.mlp.up_proj.weight"); },
       "DIR: tensor 'model.layers.1.mlp.up_proj.weight' is missing; did you mean "
       "'model.layers.0.mlp.up_proj.weight'?"},
      {[](TinyModel& m) { m.tensor("model.norm.weight").name = "model.nrom.weight"; },
       "DIR: tensor 'model.norm.weight' is missing; did you mean 'model.nrom.weight'?"},
      {[](TinyModel& m) { m.remove("model.embed_tokens.weight"); },
       "DIR: tensor 'model.embed_tokens.weight' is missing"},
      {[](TinyModel& m) { m.config["num_hidden_layers"] = 3; },
       "DIR: tensor 'model.layers.2.input_layernorm.weight' is missing; did you mean "
       "'model.layers.0.input_layernorm.weight'?"},
      {[](TinyModel& m) {
         m.tensor("model.layers.0.mlp.down_proj.weight").shape = {56, 32};
       },
       "DIR: tensor 'model.layers.0.mlp.down_proj.weight' is [56, 32], config.json implies [32, "
       "56]"},
      {[](TinyModel& m) { m.config["num_key_value_heads"] = 4; },
       "DIR: tensor 'model.layers.0.self_attn.k_proj.weight' is [16, 32], config.json implies [32, "
       "32]"},
      {[](TinyModel& m) { m.config["vocab_size"] = 301; },
       "DIR: tensor 'model.embed_tokens.weight' is [300, 32], config.json implies [301, 32]"},
      {[](TinyModel& m) {
         m.tensors.push_back({"model.extra.weight", Dtype::f32, {1}, {0.0f}});
       },
       "DIR: tensor 'model.extra.weight' is not part of a LlamaForCausalLM with this config.json"},
      {[](TinyModel& m) { m.config["attention_bias"] = false; },
       "DIR: tensor 'model.layers.0.self_attn.k_proj.bias' is not part of a LlamaForCausalLM with "
       "this config.json"},
      {[](TinyModel& m) { m.config["model_type"] = "lama"; },
       "DIR/config.json: model_type: 'lama' is not supported; did you mean 'llama'?"},
      {[](TinyModel& m) { m.config.erase("model_type"); },
       "DIR/config.json: model_type: '' is not supported; known: bloom, cohere, gpt2, gpt_neox, "
       "llama, mistral, opt, qwen2, qwen3"},
      {[](TinyModel& m) { m.config.erase("hidden_size"); },
       "DIR/config.json: hidden_size: required field is missing"},
  };
  for (const Case& c : cases) {
    TinyModel model = tiny_llama();
    c.change(model);
    EXPECT_EQ(open_error(model), c.message);
  }
}

/// The same weights in the files that older checkpoints consist of, whole and in shards.
TEST(Decoder, ReadsPytorchFilesAsSafetensors) {
  for (const TinyModel& model : {tiny_opt({.dtype = Dtype::f16}), tiny_gpt2(), tiny_bloom()}) {
    const TempDir dir;
    model.write(dir / "safetensors");
    for (const char* form : {"bin", "shards"}) {
      std::filesystem::create_directories(dir / form);
      std::filesystem::copy(dir / "safetensors" / "config.json", dir / form / "config.json");
    }
    write_torch_bin(dir / "bin" / "pytorch_model.bin", model.tensors);
    write_torch_shards(dir / "shards", model.tensors, 3);
    const auto logits = [&](const char* form) {
      Decoder decoder = open_decoder(dir / form);
      return decoder_forward(decoder, random_ids(20, decoder.spec().vocab_size)).logits;
    };
    const Matrix expected = logits("safetensors");
    EXPECT_TRUE(equal_bits(logits("bin"), expected));
    EXPECT_TRUE(equal_bits(logits("shards"), expected));
  }
}

TEST(Decoder, SitesGoInTheOrderOfTheForwardPass) {
  const TempDir dir;
  tiny_opt({.layers = 3}).write(dir.path());
  const std::vector<Site> sites = open_decoder(dir.path()).sites();
  ASSERT_EQ(sites.size(), 48u);
  EXPECT_EQ(sites[0], (Site{0, Role::embed_tokens, SiteTensor::weight}));
  EXPECT_EQ(sites[1], (Site{0, Role::q_proj, SiteTensor::weight}));
  EXPECT_EQ(sites[2], (Site{0, Role::q_proj, SiteTensor::input}));
  EXPECT_EQ(sites[6], (Site{0, Role::v_proj, SiteTensor::input}));
  EXPECT_EQ(sites[7], (Site{.layer = 0, .tensor = SiteTensor::k_cache}));
  EXPECT_EQ(sites[8], (Site{.layer = 0, .tensor = SiteTensor::v_cache}));
  EXPECT_EQ(sites[9], (Site{0, Role::o_proj, SiteTensor::weight}));
  EXPECT_EQ(sites[44], (Site{2, Role::down_proj, SiteTensor::input}));
  EXPECT_EQ(sites[45], (Site{.layer = 2, .tensor = SiteTensor::resid}));
  EXPECT_EQ(sites[47], (Site{0, Role::lm_head, SiteTensor::input}));
}

/// A lane that distorts the embedding or the head brings a copy of its own. A copy that is not
/// distorted changes nothing, whether or not the two are tied.
TEST(Decoder, EmbeddingsAndHeadOfOnesOwnGiveTheSameBits) {
  for (const bool tied : {false, true}) {
    const TempDir dir;
    tiny_opt({.vocab_size = 1100, .tied = tied}).write(dir.path());
    const Decoder decoder = open_decoder(dir.path());
    Matrix embeddings(1100, 32), head(1100, 32);
    for (const Index first : {0, 700}) {  // in two parts
      const Index count = first == 0 ? 700 : 400;
      decoder.read_outer(Role::embed_tokens, first, embeddings.view().middle_rows(first, count));
      decoder.read_outer(Role::lm_head, first, head.view().middle_rows(first, count));
    }
    EXPECT_EQ(static_cast<bool>(equal_bits(embeddings, head)), tied);
    const std::vector<std::int32_t> ids = random_ids(20, 1100);
    TokenRows tokens{.ids = ids};
    std::sort(tokens.ids.begin(), tokens.ids.end());
    tokens.ids.erase(std::unique(tokens.ids.begin(), tokens.ids.end()), tokens.ids.end());
    tokens.rows.resize(std::ssize(tokens.ids), 32);
    for (std::size_t i = 0; i < tokens.ids.size(); ++i)
      std::copy_n(embeddings.view().row(tokens.ids[i]), 32,
                  tokens.rows.view().row(static_cast<Index>(i)));
    Matrix hidden(20, 32), other(20, 32);
    decoder.embed(ids, Layout::window(static_cast<Index>(ids.size())), hidden);
    decoder.embed(ids, Layout::window(20), other, &tokens);
    EXPECT_TRUE(equal_bits(other, hidden));
    const HeadSlab slab = decoder.load_head(kVocabChunk, kVocabChunk);
    const HeadSlab own =
        decoder.pack_head(head.view().middle_rows(kVocabChunk, 1100 - kVocabChunk), kVocabChunk);
    ASSERT_EQ(own.chunks.size(), 1u);
    Matrix logits(20, 76), own_logits(20, 76);
    linear(hidden, slab.chunks[0], {}, logits);
    linear(hidden, own.chunks[0], {}, own_logits);
    EXPECT_TRUE(equal_bits(own_logits, logits));
    EXPECT_THROW(decoder.read_outer(Role::q_proj, 0, head), InternalError);
    tokens.ids.back() = 1100;
    EXPECT_THROW(tokens.of(1100 - 1), InternalError);
  }
}

}  // namespace
}  // namespace nf
