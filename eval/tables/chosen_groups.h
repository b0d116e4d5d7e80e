#pragma once

#include <string>

#include "eval/results/result_lines.h"

namespace nf {

/// A line for each line of the model whose weights chose their groups: along which axis, or of how
/// many values, and at how many sites. sites.csv has the choice of each site.
std::string chosen_groups(const ModelLines& model);

}  // namespace nf
