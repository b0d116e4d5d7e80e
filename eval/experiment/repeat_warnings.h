#pragma once

#include <string>
#include <vector>

#include "eval/experiment/experiment.h"

namespace nf {

/// One line for each `repeat` of trials of which nothing is drawn: all their seeds are one
/// condition, which is run once. A default is in its place as soon as one trial that takes it
/// draws: the others are its controls. In the order of the file; "FILE:LINE:COL: trials[i].repeat:
/// ...".
std::vector<std::string> repeat_warnings(const Experiment& experiment);

}  // namespace nf
