#pragma once

#include <vector>

#include "eval/experiment/experiment.h"

namespace nf {

/// Those of the experiment's shorthands that its trials are made of, where some of them were taken
/// away since it was loaded.
std::vector<Shorthand> chosen_shorthands(const Experiment& experiment);

}  // namespace nf
