#pragma once

#include <vector>

#include "perturb/surrogate.h"

namespace nf {

/// Splits the places of a unit's values, in reading order from 0 on, into parts, ascending in each:
/// δ is shuffled within them. x: [rows, cols], the unit
using ShuffledParts = std::vector<std::vector<std::uint32_t>> (*)(ConstMatrixView x);

/// δ's own values, shuffled within the parts of the matrix of a weight, of the position of an
/// activation.
SurrogatePtr shuffled_twin(ShuffledParts parts);

}  // namespace nf
