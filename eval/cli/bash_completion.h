#pragma once

#include <string>
#include <vector>

#include "eval/cli/command.h"

namespace nf {

/// A file that bash reads to complete `noisefloor`: commands, their options, experiments and run
/// folders. Needs nothing but bash.
std::string bash_completion(const std::vector<Command>& commands);

}  // namespace nf
