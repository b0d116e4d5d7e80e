#include "core/model/architecture.h"

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

/// Files often hold a tied head as well.
TEST(EveryFamily, IgnoresAStoredHeadWhereItIsTied) {
  for (const TinyModel& untied : every_family()) {
    const std::string head = spec_of(untied.config).lm_head;
    TinyModel tied = untied;
    tied.config["tie_word_embeddings"] = true;
    const Matrix expected = logits_of(tied);
    EXPECT_FALSE(equal_bits(logits_of(untied), expected)) << head;
    tied.remove(head);
    EXPECT_TRUE(equal_bits(logits_of(tied), expected)) << head;
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
