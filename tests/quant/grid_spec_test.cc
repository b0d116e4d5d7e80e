#include "quant/grid_spec.h"

#include <gtest/gtest.h>

#include "core/config/yaml_reader.h"

namespace nf {
namespace {

std::optional<GridSpec> read(const std::string& yaml, ConfigErrors& errors) {
  return ConfigValue<GridSpec>::read(parse_yaml(yaml, "g.yaml", errors), errors);
}

TEST(GridSpec, ReadsAndWritesItsForms) {
  const std::pair<const char*, GridSpec> forms[] = {
      {"\"uniform\"", {GridSpec::Kind::uniform, kCubeRoot}},
      {"\"power\"", {GridSpec::Kind::power, kCubeRoot}},
      {"{\"power\":0.5}", {GridSpec::Kind::power, 0.5}},
      {"{\"power\":0.05}", {GridSpec::Kind::power, kLowestPower}},
  };
  for (const auto& [yaml, spec] : forms) {
    ConfigErrors errors;
    EXPECT_EQ(read(yaml, errors), spec);
    EXPECT_EQ(errors.message(), "");
    EXPECT_EQ(ConfigValue<GridSpec>::write(spec).dump(), yaml);
  }
}

TEST(GridSpec, RefusesTheRest) {
  for (const char* yaml : {"[]", "3", "{}", "{uniform: 1}", "{power: 0.04}", "{power: 4.1}",
                           "{power: 0.5, bits: 3}", "powr"}) {
    ConfigErrors errors;
    EXPECT_EQ(read(yaml, errors), std::nullopt) << yaml;
    EXPECT_EQ(errors.count(), 1) << yaml << ": " << errors.message();
  }
}

TEST(GridSpec, SchemaHasItsThreeForms) {
  const Json schema = ConfigValue<GridSpec>::schema();
  ASSERT_EQ(schema["oneOf"].size(), 3u);
  EXPECT_EQ(schema["oneOf"][0]["const"], "uniform");
  EXPECT_EQ(schema["oneOf"][1]["const"], "power");
  EXPECT_EQ(schema["oneOf"][2]["properties"]["power"]["maximum"], kHighestPower);
}

}  // namespace
}  // namespace nf
