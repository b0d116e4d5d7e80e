#pragma once

#include <string>
#include <vector>

#include "eval/analysis/comparison.h"

namespace nf {

/// What the reader of the table must know besides what it shows, a paragraph each: of how many
/// draws of the noise it speaks, and where a search has made the figures what they are.
std::vector<std::string> comparison_footnotes(const TrialComparison& comparison);

}  // namespace nf
