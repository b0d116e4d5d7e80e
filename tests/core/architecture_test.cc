#include "core/model/architecture.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "tests/support/family_support.h"
#include "tests/support/model_errors.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tensor_near.h"
#include "tests/support/tiny_model.h"
#include "tests/support/write_torch_bin.h"

namespace nf {
namespace {

HfConfig config_of(const Json& json) { return HfConfig(json, "config.json"); }

Architecture named(const std::string& model_type) {
  Architecture architecture;
  architecture.model_type = model_type;
  return architecture;
}

ArchitectureRegistry builtin() {
  ArchitectureRegistry registry;
  register_builtin_architectures(registry);
  return registry;
}

TEST(ArchitectureRegistry, HoldsTheFilesOfItsDirectory) {
  std::vector<std::string> model_types;
  const ArchitectureRegistry registry = builtin();
  for (const Architecture& architecture : registry.all()) {
    model_types.push_back(architecture.model_type);
    EXPECT_FALSE(architecture.summary.empty());
    EXPECT_FALSE(architecture.architecture.empty());
  }
  // At least these, in the order of the file names; a family more is no change here.
  EXPECT_TRUE(std::is_sorted(model_types.begin(), model_types.end()));
  for (const std::string name :
       {"bloom", "cohere", "gpt2", "gpt_neox", "llama", "mistral", "opt", "qwen2", "qwen3"})
    EXPECT_NE(std::find(model_types.begin(), model_types.end(), name), model_types.end()) << name;
}

TEST(ArchitectureRegistry, FindsByModelType) {
  const ArchitectureRegistry registry = builtin();
  EXPECT_EQ(registry.find(config_of({{"model_type", "opt"}})).architecture, "OPTForCausalLM");
  EXPECT_EQ(registry.find(config_of({{"model_type", "llama"}})).architecture, "LlamaForCausalLM");
}

TEST(ArchitectureRegistry, UnknownModelTypesGetASuggestion) {
  ArchitectureRegistry registry;
  registry.add(named("opt"));
  registry.add(named("llama"));
  const auto message = [&](const Json& json) {
    return data_error_of([&] { registry.find(config_of(json)); });
  };
  EXPECT_EQ(message({{"model_type", "lama"}}),
            "config.json: model_type: 'lama' is not supported; did you mean 'llama'?");
  EXPECT_EQ(message({{"model_type", "mamba"}}),
            "config.json: model_type: 'mamba' is not supported; known: opt, llama");
  EXPECT_EQ(message(Json::object()),
            "config.json: model_type: '' is not supported; known: opt, llama");
  EXPECT_EQ(message({{"model_type", 3}}), "config.json: model_type: must be a string, is 3");
}

TEST(ArchitectureRegistry, ANameTwiceIsOurBug) {
  ArchitectureRegistry registry;
  registry.add(named("opt"));
  EXPECT_THROW(registry.add(named("opt")), InternalError);
}

TEST(FindPrefix, IsTheFirstThatHoldsTheProbe) {
  const TempDir dir;
  tiny_llama().write(dir.path());
  const Checkpoint checkpoint = Checkpoint::open(dir.path());
  EXPECT_EQ(find_prefix(checkpoint, {"transformer.", "model.", ""}, "norm.weight"), "model.");
  EXPECT_EQ(find_prefix(checkpoint, {"model.layers.1.", "model.layers.0."}, "mlp.up_proj.weight"),
            "model.layers.1.");
  EXPECT_EQ(data_error_of([&] {
              find_prefix(checkpoint, {"mode.", ""}, "norm.weight");
            }),
            dir.path().string() +
                ": tensor 'mode.norm.weight' is missing; did you mean 'model.norm.weight'?");
}

TEST(FindPrefix, IsTheFirstWhereThereAreNoWeights) {
  EXPECT_EQ(find_prefix(Checkpoint::without_weights(Json::object()), {"model.", ""}, "norm.weight"),
            "model.");
}

/// Untied, so that each has a head of its own.
std::vector<TinyModel> every_family() {
  return {
      tiny_opt({.tied = false}),      tiny_llama({.tied = false}), tiny_mistral({.tied = false}),
      tiny_cohere({.tied = false}),   tiny_bloom({.tied = false}), tiny_gpt2({.tied = false}),
      tiny_gpt_neox({.tied = false}), tiny_qwen2({.tied = false}), tiny_qwen3({.tied = false})};
}

/// The built-in families and these are the same.
TEST(EveryFamily, IsTestedHere) {
  std::vector<std::string> tested, known;
  for (const TinyModel& model : every_family()) tested.push_back(model.config.at("model_type"));
  const ArchitectureRegistry registry = builtin();
  for (const Architecture& architecture : registry.all()) known.push_back(architecture.model_type);
  std::sort(tested.begin(), tested.end());
  EXPECT_EQ(tested, known);
}

TEST(EveryFamily, SaysWhichTensorsItHas) {
  for (const TinyModel& model : every_family()) {
    std::vector<std::string> expected, written;
    for (const ExpectedTensor& tensor : expected_tensors(spec_of(model.config)))
      expected.push_back(tensor.name);
    for (const TestTensor& tensor : model.tensors) written.push_back(tensor.name);
    std::sort(expected.begin(), expected.end());
    std::sort(written.begin(), written.end());
    EXPECT_EQ(expected, written);
  }
}

TEST(EveryFamily, RefusesWhatNoneImplements) {
  for (const TinyModel& model : every_family()) {
    SCOPED_TRACE(model.config.at("model_type").get<std::string>());
    EXPECT_EQ(refusal_of(model.config), "no error");
    const Json quantized = {{"quant_method", "gptq"}, {"bits", 4}};
    EXPECT_EQ(refusal_of(with_fields(model.config, {{"quantization_config", quantized}})),
              "quantization_config: a checkpoint that is quantized already is not read; use the "
              "float32, float16 or bfloat16 one");
    for (const char* field : {"clip_qkv", "attn_logit_softcapping", "residual_multiplier",
                              "embedding_multiplier", "logits_scaling", "num_local_experts"})
      EXPECT_EQ(refusal_of(with_fields(model.config, {{field, 8.0}})),
                std::string(field) +
                    ": would change the numbers and is not implemented for this family (is 8.0)");
    const Json unknown = with_fields(model.config, {{"something_new", Json::array({1, 2})},
                                                    {"quantization_config", nullptr},
                                                    {"attention_dropout", 0.1}});
    EXPECT_EQ(refusal_of(unknown), "no error");
  }
}

TEST(EveryFamily, RefusesATensorThatItDoesNotRead) {
  for (TinyModel model : every_family()) {
    model.tensors.push_back({"extra.weight", Dtype::f32, {2}, {1.0f, 2.0f}});
    EXPECT_EQ(open_error(model), "DIR: tensor 'extra.weight' is not part of a " +
                                     spec_of(model.config).architecture + " with this config.json");
  }
}

TEST(EveryFamily, MissesItsHead) {
  for (TinyModel model : every_family()) {
    const std::string head = spec_of(model.config).lm_head;
    model.remove(head);
    EXPECT_TRUE(open_error(model).starts_with("DIR: tensor '" + head + "' is missing"))
        << open_error(model);
  }
}

/// Writes a model in one of the forms of a checkpoint.
void write_as(const TinyModel& model, const std::filesystem::path& dir, const std::string& form) {
  model.write(dir);
  if (form == "safetensors") return;
  std::filesystem::remove(dir / "model.safetensors");
  if (form == "shards") write_sharded(dir, model.tensors, 3);
  if (form == "bin") write_torch_bin(dir / "pytorch_model.bin", model.tensors);
  if (form == "bin shards") write_torch_shards(dir, model.tensors, 3);
}

/// Files often hold a tied head as well. As for transformers 5, one of other values is no copy.
TEST(EveryFamily, KeepsAStoredHeadOfOtherValues) {
  for (const TinyModel& untied : every_family()) {
    const DecoderSpec spec = spec_of(untied.config);
    TinyModel tied = untied;
    tied.config["tie_word_embeddings"] = true;
    const Matrix expected = logits_of(untied);
    EXPECT_TRUE(equal_bits(logits_of(tied), expected)) << spec.lm_head;
    for (const std::string form : {"safetensors", "shards", "bin", "bin shards"}) {
      const TempDir dir;
      write_as(tied, dir.path(), form);
      const Decoder decoder = open_decoder(dir.path());
      EXPECT_EQ(decoder.spec().lm_head, spec.lm_head) << form;
      EXPECT_EQ(decoder.warnings(),
                std::vector<std::string>{
                    (dir / "config.json").string() + ": tie_word_embeddings: is true, but '" +
                    spec.lm_head + "' has other values than '" + spec.embed_tokens +
                    "': the two are not tied, and '" + spec.lm_head + "' is the head"})
          << form;
    }
  }
}

TEST(EveryFamily, TiesAStoredHeadOfTheSameValues) {
  for (const TinyModel& untied : every_family()) {
    const DecoderSpec spec = spec_of(untied.config);
    TinyModel tied = untied;
    tied.config["tie_word_embeddings"] = true;
    tied.remove(spec.lm_head);
    const Matrix expected = logits_of(tied);
    EXPECT_FALSE(equal_bits(logits_of(untied), expected)) << spec.lm_head;
    TestTensor copy = tied.tensor(spec.embed_tokens);
    copy.name = spec.lm_head;
    tied.tensors.push_back(copy);
    EXPECT_TRUE(equal_bits(logits_of(tied), expected)) << spec.lm_head;
    for (const std::string form : {"safetensors", "shards", "bin", "bin shards"}) {
      const TempDir dir;
      write_as(tied, dir.path(), form);
      const Decoder decoder = open_decoder(dir.path());
      EXPECT_EQ(decoder.spec().lm_head, spec.embed_tokens) << form;
      EXPECT_TRUE(decoder.warnings().empty()) << form;
    }
  }
}

TEST(EveryFamily, RefusesAStoredHeadOfAnotherShape) {
  for (TinyModel model : every_family()) {
    const DecoderSpec spec = spec_of(model.config);
    model.config["tie_word_embeddings"] = true;
    TestTensor& head = model.tensor(spec.lm_head);
    const Index width = head.shape[1];
    head.shape[0] += 2;
    head.values.resize(static_cast<std::size_t>(head.shape[0] * width), 0.0f);
    EXPECT_EQ(open_error(model),
              fmt::format("DIR: tensor '{}' is [{}, {}], config.json implies [{}, {}]",
                          spec.lm_head, spec.vocab_size + 2, width, spec.vocab_size, width));
  }
}

/// One rule on every route: rotated features come in pairs.
TEST(EveryFamily, RefusesAnOddRotaryWidth) {
  for (const TinyModel& model : every_family()) {
    const DecoderSpec spec = spec_of(model.config);
    if (!spec.rope) continue;
    const bool shares_out = spec.num_attention_heads * spec.head_dim == spec.hidden_size &&
                            model.config.at("model_type") == "gpt_neox";
    const Json odd = shares_out
                         ? with_fields(model.config, {{"hidden_size", 12}, {"rotary_pct", 1.0}})
                         : with_fields(model.config, {{"head_dim", 7}});
    EXPECT_TRUE(refusal_of(odd).starts_with("head_dim: rotary positions need an even head_dim"))
        << refusal_of(odd);
    for (const char* name : {"rotary_pct", "partial_rotary_factor"}) {
      Json part = with_fields(model.config, {{"rotary_pct", nullptr}});
      part[name] = 0.2;
      const std::string refusal = refusal_of(part);
      EXPECT_TRUE(refusal.starts_with(name)) << refusal;
    }
    EXPECT_TRUE(
        refusal_of(with_fields(model.config, {{"rotary_dim", 3}})).starts_with("rotary_dim"));
  }
}

TEST(EveryFamily, RefusesSizesThatCannotBe) {
  for (const TinyModel& model : every_family()) {
    SCOPED_TRACE(model.config.at("model_type").get<std::string>());
    for (const std::string field :
         {"hidden_size", "n_embd", "n_embed", "intermediate_size", "ffn_dim", "num_hidden_layers",
          "n_layer", "num_attention_heads", "n_head", "num_key_value_heads", "head_dim",
          "vocab_size", "max_position_embeddings", "n_positions", "word_embed_proj_dim"}) {
      if (!model.config.contains(field) || !model.config[field].is_number()) continue;
      for (const Json& bad : {Json(0), Json(-8), Json("NaN"), Json(1.5)}) {
        const std::string refusal = refusal_of(with_fields(model.config, {{field, bad}}));
        EXPECT_TRUE(refusal.starts_with(field + ": ")) << field << " " << bad << ": " << refusal;
      }
    }
    for (const char* field : {"layer_norm_eps", "layer_norm_epsilon", "rms_norm_eps"}) {
      if (!model.config.contains(field)) continue;
      for (const Json& bad : {Json(-1e-5), Json("Infinity"), Json(1e300)})
        EXPECT_TRUE(refusal_of(with_fields(model.config, {{field, bad}})).starts_with(field))
            << bad;
    }
  }
}

/// Some writers keep the head of a tied pair.
TEST(EveryFamily, ReadsATiedHeadThatIsStoredAlone) {
  for (TinyModel model : every_family()) {
    const DecoderSpec untied = spec_of(model.config);
    model.config["tie_word_embeddings"] = true;
    model.remove(untied.lm_head);
    const Matrix expected = logits_of(model);
    model.tensor(untied.embed_tokens).name = untied.lm_head;
    EXPECT_TRUE(equal_bits(logits_of(model), expected)) << untied.lm_head;
  }
}

/// An alias stands for one role, and no family has another role of that name.
TEST(EveryFamily, HasAliasesOfItsOwn) {
  for (const TinyModel& model : every_family()) {
    const DecoderSpec spec = spec_of(model.config);
    for (const auto& [alias, role] : spec.aliases) {
      EXPECT_EQ(role_from_name(alias), std::nullopt) << alias;
      Index bearers = 0;
      for (const LinearTensors& linear : spec.block(0).linears) {
        const bool bears = linear.weight.ends_with("." + alias + ".weight");
        EXPECT_EQ(bears, linear.role == role) << alias;
        bearers += bears ? 1 : 0;
      }
      EXPECT_EQ(bearers, 1) << alias;
    }
  }
}

}  // namespace
}  // namespace nf
