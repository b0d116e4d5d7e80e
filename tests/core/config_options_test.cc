#include "core/model/config_options.h"

#include <gtest/gtest.h>

#include "tests/support/model_errors.h"

namespace nf {
namespace {

HfConfig config_of(const Json& fields) { return {fields, "config.json"}; }

TEST(ActivationOption, KnowsTheLibrarysNames) {
  const std::vector<std::pair<std::string, Activation>> names = {
      {"relu", Activation::relu},
      {"gelu", Activation::gelu},
      {"gelu_python", Activation::gelu},
      {"gelu_new", Activation::gelu_tanh},
      {"gelu_fast", Activation::gelu_tanh},
      {"gelu_accurate", Activation::gelu_tanh},
      {"gelu_pytorch_tanh", Activation::gelu_tanh},
      {"silu", Activation::silu},
      {"swish", Activation::silu}};
  for (const auto& [name, activation] : names)
    EXPECT_EQ(activation_option(config_of({{"act", name}}), "act", "none"), activation) << name;
  EXPECT_EQ(activation_option(config_of(Json::object()), "act", "silu"), Activation::silu);
  EXPECT_EQ(activation_option(config_of({{"act", nullptr}}), "act", "gelu"), Activation::gelu);
}

TEST(ActivationOption, RefusesOthersWithASuggestion) {
  const auto message = [](const char* name) {
    return data_error_of([&] { activation_option(config_of({{"act", name}}), "act", "relu"); });
  };
  EXPECT_EQ(message("relu2"), "config.json: act: 'relu2' is not implemented; did you mean 'relu'?");
  EXPECT_EQ(message("quick_gelu"),
            "config.json: act: 'quick_gelu' is not implemented; known: relu, gelu, gelu_python, "
            "gelu_new, gelu_fast, gelu_accurate, gelu_pytorch_tanh, silu, swish");
}

TEST(RefuseUnsupported, LetsHarmlessValuesPass) {
  const std::vector<UnsupportedOption> options = {{"clip"}, {"scale", 1}, {"alibi", false}};
  const auto message = [&](const Json& fields) {
    return data_error_of([&] { refuse_unsupported(config_of(fields), options); });
  };
  for (const Json& fields :
       {Json::object(), Json{{"clip", nullptr}, {"scale", nullptr}, {"alibi", nullptr}},
        Json{{"scale", 1}, {"alibi", false}}, Json{{"scale", 1.0}}, Json{{"unheard_of", true}},
        Json{{"quantization_config", nullptr}}, Json{{"num_experts", 0}},
        Json{{"per_layer_config", Json::object()}}})
    EXPECT_EQ(message(fields), "no error") << fields.dump();
  const std::string cause = "would change the numbers and is not implemented for this family (is ";
  EXPECT_EQ(message({{"clip", 8.0}}), "config.json: clip: " + cause + "8.0)");
  EXPECT_EQ(message({{"scale", 12}}), "config.json: scale: " + cause + "12)");
  EXPECT_EQ(message({{"alibi", true}}), "config.json: alibi: " + cause + "true)");
  EXPECT_EQ(message({{"attn_logit_softcapping", 50.0}}),
            "config.json: attn_logit_softcapping: " + cause + "50.0)");
  EXPECT_EQ(message({{"per_layer_config", {{"1", {{"head_dim", 8}}}}}}),
            "config.json: per_layer_config: " + cause + "{\"1\":{\"head_dim\":8}})");
}

TEST(LayerCount, IsBounded) {
  const std::vector<std::string> names = {"num_hidden_layers", "n_layer"};
  EXPECT_EQ(layer_count(config_of({{"n_layer", 3}}), names), 3);
  EXPECT_EQ(layer_count(config_of({{"n_layer", 3}, {"num_hidden_layers", 4}}), names), 4);
  EXPECT_EQ(data_error_of([&] {
              layer_count(config_of({{"n_layer", 2000000000}}), names);
            }),
            "config.json: n_layer: must be at most 10000 (is 2000000000)");
}

TEST(SplitIntoHeads, NeedsEvenShares) {
  DecoderSpec spec;
  spec.hidden_size = 30;
  split_into_heads(spec, config_of({{"n_head", 6}}), "n_head");
  EXPECT_EQ(spec.num_attention_heads, 6);
  EXPECT_EQ(spec.num_key_value_heads, 6);
  EXPECT_EQ(spec.head_dim, 5);
  EXPECT_EQ(data_error_of([&] {
              split_into_heads(spec, config_of({{"n_head", 4}}), "n_head");
            }),
            "config.json: n_head: must divide hidden_size 30 (is 4)");
}

TEST(SplitIntoHeads, RefusesFieldsThatSayOtherwise) {
  const auto message = [](const Json& fields) {
    DecoderSpec spec;
    spec.hidden_size = 30;
    return data_error_of([&] { split_into_heads(spec, config_of(fields), "n_head"); });
  };
  EXPECT_EQ(message({{"n_head", 6}, {"head_dim", 5}, {"num_key_value_heads", 6}}), "no error");
  EXPECT_EQ(message({{"n_head", 6}, {"head_dim", 8}}),
            "config.json: head_dim: is 5 in this family, by the other fields (is 8)");
  EXPECT_EQ(message({{"n_head", 6}, {"num_key_value_heads", 2}}),
            "config.json: num_key_value_heads: is 6 in this family, by the other fields (is 2)");
}

TEST(HeadCount, IsBounded) {
  EXPECT_EQ(data_error_of([] {
              head_count(config_of({{"h", 2000000000}}), "h");
            }),
            "config.json: h: must be at most 100000 (is 2000000000)");
}

TEST(NormEpsilon, IsNotNegative) {
  EXPECT_EQ(norm_epsilon(config_of({{"e", 0}}), "e", 1e-5), 0.0f);
  EXPECT_EQ(norm_epsilon(config_of(Json::object()), "e", 1e-5), 1e-5f);
  EXPECT_EQ(data_error_of([] {
              norm_epsilon(config_of({{"e", -1e-5}}), "e", 1e-5);
            }),
            "config.json: e: must not be negative (is -1e-05)");
}

TEST(ChooseHead, IsTheEmbeddingWhereTheyAreTied) {
  const auto chosen = [](const Json& fields, bool tied) {
    DecoderSpec spec;
    spec.embed_tokens = "embed";
    choose_head(spec, config_of(fields), Checkpoint::without_weights(fields), tied, "head");
    EXPECT_EQ(spec.ignored.empty(), spec.lm_head == "head");
    return spec.lm_head;
  };
  EXPECT_EQ(chosen(Json::object(), true), "embed");
  EXPECT_EQ(chosen(Json::object(), false), "head");
  EXPECT_EQ(chosen({{"tie_word_embeddings", true}}, false), "embed");
  EXPECT_EQ(chosen({{"tie_word_embeddings", false}}, true), "head");
}

}  // namespace
}  // namespace nf
