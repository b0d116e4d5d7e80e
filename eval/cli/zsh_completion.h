#pragma once

#include <string>
#include <vector>

#include "eval/cli/command.h"

namespace nf {

/// The function `_noisefloor` of zsh's completion: commands, their options with what they are for,
/// experiments and run folders.
std::string zsh_completion(const std::vector<Command>& commands);

}  // namespace nf
