#pragma once

#include <string>
#include <vector>

#include "eval/experiment/experiment.h"

namespace nf {

/// One line for each trial with a `repeat` but nothing that is drawn: all its seeds are one
/// condition, which is run once. In the order of the file; "FILE:LINE:COL: trials[i].repeat: ...".
std::vector<std::string> repeat_warnings(const Experiment& experiment);

}  // namespace nf
