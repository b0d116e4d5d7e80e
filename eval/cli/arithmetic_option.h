#pragma once

#include "eval/cli/command.h"
#include "eval/run/model_form.h"

namespace nf {

/// Values of --arithmetic, for a command's help.
inline constexpr const char* kArithmeticHelp =
    "what is multiplied: f32 (default); bf16; w8a8, the blocks' linears in integers of 8 bits, "
    "weights with a scale a row and inputs with a scale a token; w8a8+bf16, the rest in bf16; on "
    "CPUs that have it";

/// The decoder multiplies by --arithmetic from here on, in f32 where it is not given. Throws
/// ConfigError for another word, and where this machine or the model does not take it.
void set_arithmetic(const CommandLine& line, Decoder& decoder);

}  // namespace nf
