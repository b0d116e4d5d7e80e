#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/config/config_value.h"
#include "eval/design/execute_words.h"

namespace nf {

/// The arithmetic in which a trial's linears multiply: `execute:`.
enum class Execution {
  simulated,  ///< the values x̃ and w̃, in that of the experiment
  integer,    ///< the integers that both consist of, where both are distorted
};

template <>
struct EnumNames<Execution> {
  static constexpr EnumName<Execution> table[] = {
      {Execution::simulated, kSimulatedArm,
       "linears multiply the distorted values, in f32 or bf16"},
      {Execution::integer, "integer",
       "linears whose weights and inputs are rounded to integers multiply these, 8 by 8 bits with "
       "exact sums"},
  };
};

/// `execute:` of a trial as written, read once the variables in it have values.
struct ExecuteText {
  ConfigNode node;
};
template <>
struct ConfigValue<ExecuteText> {
  static std::optional<ExecuteText> read(const ConfigNode& node, ConfigErrors&) {
    return ExecuteText{node};
  }
  static Json write(const ExecuteText& text) { return to_json(text.node); }
  static std::string type() { return "simulated | integer | [simulated, integer]"; }
  static Json schema();
};

/// The arms that `execute:` asks for, at least one; none after errors. node: variables have values
std::vector<Execution> read_executions(const ConfigNode& node, ConfigErrors& errors);

}  // namespace nf
