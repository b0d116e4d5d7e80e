#pragma once

#include <string>
#include <vector>

#include "eval/cli/command_help.h"

namespace nf {

/// What a shell offers behind an option.
struct OptionValues {
  enum class Kind { nothing, choices, file, folder };
  Kind kind = Kind::nothing;
  std::vector<std::string> choices{};
};

/// Of an option of `noisefloor COMMAND` that takes a value.
OptionValues option_values(const std::string& command, const std::string& option);

}  // namespace nf
