#pragma once

#include <span>
#include <string>

#include "eval/results/result_lines.h"

namespace nf {

/// The remark on those of a model's lines whose calibration has seen what is evaluated: "m: made
/// from calibration text that is evaluated, too (up to 512 tokens of it), so that ...: awq". Each
/// line is named once. Empty where there is none.
std::string seen_text(const std::string& model, std::span<const ResultLine* const> lines);

}  // namespace nf
