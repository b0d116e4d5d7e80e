#pragma once

#include <string>
#include <vector>

#include "eval/cli/command.h"

namespace nf {

/// `run DIR --worker`: works on the shards of a batch folder, and joins them where all are done.
/// Returns the exit code.
int run_worker(const CommandLine& line, const std::vector<std::string>& arguments,
               const KindsPtr& kinds);

}  // namespace nf
