#pragma once

#include "core/ops/gemm.h"
#include "eval/cli/command.h"

namespace nf {

/// --arithmetic, f32 where it is not given. Throws ConfigError for another word, and where this
/// machine does not have it.
Arithmetic arithmetic_option(const CommandLine& line);

}  // namespace nf
