#pragma once

#include "core/config/field_table.h"
#include "eval/design/levels.h"

namespace nf {

/// `factorial:` of a trial: the factor, as a word, or {of: layer, resolution: 4}.
struct FactorialConfig {
  Factor of = Factor::layer;
  Index resolution = 5;

  static FieldTable<FactorialConfig> fields();
};
template <>
struct ConfigValue<FactorialConfig> {
  static std::optional<FactorialConfig> read(const ConfigNode& node, ConfigErrors& errors);
  static Json write(const FactorialConfig& factorial);
  static std::string type();
  static Json schema();
};

}  // namespace nf
