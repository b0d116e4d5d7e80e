/// Every family and every option that changes its numbers, by the Decoder and as the papers write
/// it. config.json is read twice as well, by two readers that share nothing.

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/reference/forward.h"
#include "tests/support/conformance.h"
#include "tests/support/decoder_forward.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tensor_near.h"
#include "tests/support/tiny_model.h"

namespace nf {
namespace {

/// Relative to the largest value: f32 against double over two or three blocks, each about ten
/// roundings deep over sums of at most 240 terms.
constexpr double kForwardTolerance = 1e-5;
/// Angles are f32: at 300 radians they are off by 1.5e-5, which the scores take over.
constexpr double kRotaryForwardTolerance = 5e-5;

/// Rows of scores come in tiles of 128: less than one, and two and three with the last in part.
constexpr Index kWindows[] = {1, 9, 150, 300};

/// So large that an epsilon which is left out or another norm's can be seen.
constexpr double kEpsilon = 0.05;

using Keys = std::vector<std::pair<const char*, Json>>;

/// With other values of some keys of config.json.
TinyModel with(TinyModel model, const Keys& keys) {
  for (const auto& [key, value] : keys) model.config[key] = value;
  return model;
}

/// Without the tensors whose names have `part` in them.
TinyModel without(TinyModel model, const std::string& part) {
  std::erase_if(model.tensors, [&](const TestTensor& tensor) {
    return tensor.name.find(part) != std::string::npos;
  });
  return model;
}

void expect_near(const Matrix& got, const RowMatrix& expected, double tolerance) {
  EXPECT_TRUE(tensor_near(got, expected, tolerance * expected.cwiseAbs().maxCoeff()));
}

void expect_reference(const std::string& name, const TinyModel& model) {
  SCOPED_TRACE(name);
  const TempDir dir;
  model.write(dir.path());
  Decoder decoder = open_decoder(dir.path());
  for (const Index tokens : kWindows) {
    SCOPED_TRACE(std::to_string(tokens) + " tokens");
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

Json linear_scaling() { return {{"rope_type", "linear"}, {"factor", 4.0}}; }
Json llama3_scaling() {
  return {{"rope_type", "llama3"},
          {"factor", 8.0},
          {"low_freq_factor", 1.0},
          {"high_freq_factor", 4.0},
          {"original_max_position_embeddings", 64}};
}
/// The newer spelling, which holds theta as well.
Json with_theta(Json scaling, double theta) {
  scaling["rope_theta"] = theta;
  return scaling;
}

TEST(FamilyForward, Opt) {
  expect_reference("tied", tiny_opt());
  expect_reference("untied", tiny_opt({.layers = 3, .hidden_size = 24, .heads = 3, .tied = false}));
  expect_reference("no biases", tiny_opt({.biases = false}));
  expect_reference("gelu", with(tiny_opt(), {{"activation_function", "gelu"}}));
  expect_reference("no final norm", with(without(tiny_opt(), "decoder.final_layer_norm"),
                                         {{"_remove_final_layer_norm", true}}));
}

TEST(FamilyForward, Opt350m) {
  expect_reference("tied", tiny_opt_350m());
  expect_reference("untied", tiny_opt_350m({.layers = 3, .embed_size = 20, .tied = false}));
  expect_reference("no biases", tiny_opt_350m({.embed_size = 20, .biases = false}));
  expect_reference("without projections", tiny_opt_350m({}));
  expect_reference("wider embeddings, norms before", tiny_opt({.embed_size = 44}));
  expect_reference("f16", tiny_opt_350m({.embed_size = 20, .dtype = Dtype::f16}));
}

TEST(FamilyForward, Llama) {
  expect_reference("grouped heads, biases", tiny_llama());
  expect_reference("untied", tiny_llama({.layers = 3, .tied = false, .biases = false}));
  expect_reference("narrow heads", tiny_llama({.head_dim = 6}));
  expect_reference(
      "wide heads, one for keys",
      tiny_llama({.hidden_size = 30, .heads = 5, .key_value_heads = 1, .head_dim = 10}));
  expect_reference("attention biases only",
                   with(without(without(without(tiny_llama(), "gate_proj.bias"), "up_proj.bias"),
                                "down_proj.bias"),
                        {{"mlp_bias", false}}));
  expect_reference("bf16", tiny_llama({.dtype = Dtype::bf16}));
  expect_reference("epsilon", with(tiny_llama(), {{"rms_norm_eps", kEpsilon}}));
}

TEST(FamilyForward, LlamaRotary) {
  const TinyModel model = tiny_llama({.head_dim = 16, .biases = false});
  TinyModel newer = model;
  newer.config.erase("rope_theta");
  expect_reference("linear", with(model, {{"rope_scaling", linear_scaling()}}));
  expect_reference("linear, oldest spelling",
                   with(model, {{"rope_scaling", {{"type", "linear"}, {"factor", 4.0}}}}));
  expect_reference("linear, newer spelling",
                   with(newer, {{"rope_parameters", with_theta(linear_scaling(), 500.0)}}));
  expect_reference("llama3",
                   with(model, {{"rope_theta", 500000.0}, {"rope_scaling", llama3_scaling()}}));
  Json silent = llama3_scaling();
  silent.erase("original_max_position_embeddings");
  expect_reference("llama3, context by default",
                   with(model, {{"rope_scaling", silent}, {"max_position_embeddings", 400}}));
  expect_reference(
      "llama3, context beside the scaling",
      with(model, {{"rope_scaling", llama3_scaling()}, {"original_max_position_embeddings", 100}}));
  expect_reference("llama3, newer spelling",
                   with(newer, {{"rope_parameters", with_theta(llama3_scaling(), 500000.0)}}));
  expect_reference(
      "theta in the newer spelling",
      with(newer, {{"rope_parameters", with_theta({{"rope_type", "default"}}, 500.0)}}));
  expect_reference("theta by default", newer);
}

TEST(FamilyForward, Mistral) {
  expect_reference("window of 24", tiny_mistral());
  for (const int window : {1, 127, 128, 129, 200, 1000})
    expect_reference("window of " + std::to_string(window),
                     with(tiny_mistral({.tied = false}), {{"sliding_window", window}}));
  expect_reference("no window", with(tiny_mistral(), {{"sliding_window", nullptr}}));
  expect_reference("epsilon", with(tiny_mistral(), {{"rms_norm_eps", kEpsilon}}));
}

TEST(FamilyForward, Cohere) {
  expect_reference("grouped heads, biases", tiny_cohere());
  expect_reference("without groups", tiny_cohere({.key_value_heads = 4, .biases = false}));
  expect_reference("normalised queries and keys", tiny_cohere({.layers = 3, .qk_norms = true}));
  expect_reference("normalised, one head for keys",
                   tiny_cohere({.key_value_heads = 1, .biases = false, .qk_norms = true}));
  expect_reference("untied", tiny_cohere({.tied = false}));
  expect_reference("epsilon",
                   with(tiny_cohere({.qk_norms = true}), {{"layer_norm_eps", kEpsilon}}));
  expect_reference("logit_scale 1", with(tiny_cohere(), {{"logit_scale", 1}}));
  expect_reference("llama3 rotary",
                   with(tiny_cohere({.head_dim = 16}), {{"rope_scaling", llama3_scaling()}}));
  TinyModel silent = tiny_cohere();
  silent.config.erase("rope_theta");
  silent.config.erase("logit_scale");
  expect_reference("theta and scale by default", silent);
}

TEST(FamilyForward, Bloom) {
  expect_reference("6 heads", tiny_bloom());
  expect_reference("epsilon", with(tiny_bloom(), {{"layer_norm_epsilon", kEpsilon}}));
  for (const Index heads : {1, 3, 5, 8, 12})
    expect_reference(std::to_string(heads) + " heads",
                     tiny_bloom({.hidden_size = 5 * heads, .heads = heads}));
  expect_reference("residual behind the norm",
                   with(tiny_bloom({.layers = 3, .hidden_size = 30, .heads = 6}),
                        {{"apply_residual_connection_post_layernorm", true}}));
  expect_reference("untied, f16",
                   tiny_bloom({.hidden_size = 30, .heads = 5, .tied = false, .dtype = Dtype::f16}));
}

TEST(FamilyForward, Gpt2) {
  expect_reference("5 heads", tiny_gpt2());
  expect_reference("inner size by default",
                   with(tiny_gpt2({.intermediate_size = 128}), {{"n_inner", nullptr}}));
  expect_reference("scaled by layer",
                   with(tiny_gpt2({.layers = 3}), {{"scale_attn_by_inverse_layer_idx", true}}));
  expect_reference("scores as they are", with(tiny_gpt2(), {{"scale_attn_weights", false}}));
  expect_reference("upcast", with(tiny_gpt2(), {{"reorder_and_upcast_attn", true}}));
  for (const char* activation : {"gelu", "relu", "gelu_pytorch_tanh"})
    expect_reference(activation, with(tiny_gpt2(), {{"activation_function", activation}}));
  expect_reference("untied, bf16", tiny_gpt2({.tied = false, .dtype = Dtype::bf16}));
  expect_reference("epsilon", with(tiny_gpt2(), {{"layer_norm_epsilon", kEpsilon}}));
}

TEST(FamilyForward, GptNeox) {
  expect_reference("3 heads", tiny_gpt_neox());
  const TinyModel model = tiny_gpt_neox({.layers = 3, .tied = false});
  expect_reference("sequential", with(model, {{"use_parallel_residual", false}}));
  expect_reference("no attention biases", tiny_gpt_neox({.biases = false}));
  for (const char* activation : {"gelu_new", "relu", "gelu_fast"})
    expect_reference(activation, with(tiny_gpt_neox(), {{"hidden_act", activation}}));
  expect_reference("f16", tiny_gpt_neox({.dtype = Dtype::f16}));
  expect_reference("epsilon", with(tiny_gpt_neox(), {{"layer_norm_eps", kEpsilon}}));
}

TEST(FamilyForward, GptNeoxRotary) {
  const TinyModel model = tiny_gpt_neox({.hidden_size = 48, .heads = 3});
  // 0.4 of 16 features are 6, for 0.3 of them are 4.
  for (const double share : {0.3, 0.4, 0.5, 1.0})
    expect_reference(std::to_string(share), with(model, {{"rotary_pct", share}}));
  expect_reference("another base", with(model, {{"rotary_emb_base", 500}}));
  expect_reference("linear", with(model, {{"rope_scaling", linear_scaling()}}));
  TinyModel newer = model;
  newer.config.erase("rotary_pct");
  newer.config.erase("rotary_emb_base");
  expect_reference("by default", newer);
  expect_reference("theta", with(newer, {{"rope_theta", 500.0}}));
  Json parameters = with_theta({{"rope_type", "default"}}, 500.0);
  parameters["partial_rotary_factor"] = 0.5;
  expect_reference("newer spelling", with(newer, {{"rope_parameters", parameters}}));
}

TEST(FamilyForward, Qwen2) {
  expect_reference("tied", tiny_qwen2());
  expect_reference("epsilon", with(tiny_qwen2(), {{"rms_norm_eps", kEpsilon}}));
  const TinyModel model = with(tiny_qwen2({.layers = 3, .tied = false}), {{"sliding_window", 24}});
  expect_reference("a window that is not used", model);
  const TinyModel sliding = with(model, {{"use_sliding_window", true}});
  expect_reference("window from layer 1 on", with(sliding, {{"max_window_layers", 1}}));
  expect_reference("window from layer 3 on", with(sliding, {{"max_window_layers", 3}}));
  expect_reference("layer_types",
                   with(sliding, {{"max_window_layers", 3},
                                  {"layer_types",
                                   {"sliding_attention", "full_attention", "sliding_attention"}}}));
}

TEST(FamilyForward, Qwen3) {
  expect_reference("heads of 12", tiny_qwen3());
  expect_reference("no biases, untied",
                   tiny_qwen3({.head_dim = 20, .tied = false, .biases = false}));
  expect_reference("without groups", tiny_qwen3({.key_value_heads = 4}));
  expect_reference("epsilon", with(tiny_qwen3(), {{"rms_norm_eps", kEpsilon}}));
  expect_reference(
      "window from layer 1 on",
      with(tiny_qwen3({.layers = 3}),
           {{"use_sliding_window", true}, {"sliding_window", 150}, {"max_window_layers", 1}}));
  TinyModel newer = tiny_qwen3();
  newer.config.erase("rope_theta");
  expect_reference("newer spelling",
                   with(newer, {{"rope_parameters", with_theta({{"rope_type", "default"}}, 1e6)}}));
}

/// Relative to the logits' range; the contract of the reference data.
constexpr double kConformanceTolerance = 1e-4;

class GoldenFamilyForward : public ::testing::TestWithParam<const char*> {};

TEST_P(GoldenFamilyForward, LogitsAreTheLibrarys) {
  const auto conformance = read_conformance(GetParam());
  if (!conformance) GTEST_SKIP() << "NOISEFLOOR_REFERENCE_DIR is not set";
  Decoder decoder = open_decoder(conformance->dir);
  for (const Conformance::Window& window : conformance->windows)
    EXPECT_TRUE(tensor_near(decoder_forward(decoder, window.ids).logits, window.logits,
                            kConformanceTolerance * window.range()));
}

INSTANTIATE_TEST_SUITE_P(Models, GoldenFamilyForward,
                         ::testing::Values("opt", "llama", "llama3", "mistral", "cohere", "bloom",
                                           "gpt2", "gpt_neox", "qwen2", "qwen3"));

}  // namespace
}  // namespace nf
