#include "eval/design/factorial_config.h"

namespace nf {

FieldTable<FactorialConfig> FactorialConfig::fields() {
  FieldTable<FactorialConfig> table;
  table.required("of", &FactorialConfig::of, {.summary = "what is varied", .example = "layer"});
  table.optional("resolution", &FactorialConfig::resolution,
                 {.summary = "4: main effects alone, in few trials; 5: and interactions of two",
                  .range = between(4, 5)});
  return table;
}

std::optional<FactorialConfig> ConfigValue<FactorialConfig>::read(const ConfigNode& node,
                                                                  ConfigErrors& errors) {
  if (node.is_mapping()) return fields_of<FactorialConfig>().read(node, errors);
  const std::optional<Factor> factor = ConfigValue<Factor>::read(node, errors);
  if (!factor) return std::nullopt;
  return FactorialConfig{.of = *factor};
}

Json ConfigValue<FactorialConfig>::write(const FactorialConfig& factorial) {
  return fields_of<FactorialConfig>().write(factorial);
}

std::string ConfigValue<FactorialConfig>::type() {
  return ConfigValue<Factor>::type() + " | {of: ..., resolution: 4 | 5}";
}

Json ConfigValue<FactorialConfig>::schema() {
  return {
      {"anyOf", Json::array({ConfigValue<Factor>::schema(), FactorialConfig::fields().schema()})}};
}

}  // namespace nf
