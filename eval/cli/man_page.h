#pragma once

#include <string>
#include <vector>

#include "eval/cli/command.h"

namespace nf {

/// noisefloor(1), for man: every command with its words and options.
std::string man_page(const std::vector<Command>& commands);

}  // namespace nf
