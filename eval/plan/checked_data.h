#pragma once

#include <string>
#include <vector>

#include "core/base/types.h"
#include "eval/experiment/experiment.h"

namespace nf {

/// Bytes of evaluation data (as they decompress) up to which check_data() cuts a text into windows;
/// of a longer one so many are.
inline constexpr Index kCheckedBytes = 16 << 20;

/// Reads the evaluation text and the questions of each model as far as it takes to tell the error
/// that a run would begin with: every file to its end, decompressed and parsed, and up to
/// kCheckedBytes of it as tokens and windows. Returns what a run would warn of, each once, and a
/// line for a text that was not cut to its end. Throws DataError like read_model_data().
std::vector<std::string> check_data(const Experiment& experiment, Index most = kCheckedBytes);

}  // namespace nf
