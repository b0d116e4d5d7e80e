#pragma once

#include <string>
#include <vector>

#include "eval/analysis/comparison.h"

namespace nf {

/// The paragraphs below the table that say what it does not show: over how many draws of the noise
/// it speaks, and where a search has made the figures what they are.
std::vector<std::string> comparison_footnotes(const TrialComparison& comparison);

}  // namespace nf
