#include "core/model/architecture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "tests/support/model_errors.h"
#include "tests/support/temp_dir.h"
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
    EXPECT_TRUE(architecture.architecture.ends_with("ForCausalLM")) << architecture.architecture;
  }
  // At least these, in the order of the file names; a family more is no change here.
  EXPECT_TRUE(std::is_sorted(model_types.begin(), model_types.end()));
  for (const std::string name : {"llama", "opt"})
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

}  // namespace
}  // namespace nf
