#pragma once

#include <string>
#include <vector>

#include "eval/experiment/experiment.h"

namespace nf {

/// The experiment's own warnings, then one line for each pair of sources in the models' checkpoints
/// that disagree, in the order of the models; each names its file.
std::vector<std::string> model_warnings(const Experiment& experiment);

}  // namespace nf
