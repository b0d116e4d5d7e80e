#pragma once

#include <functional>

#include "perturb/delta_part.h"

namespace nf {

/// δ of a weight without, in each output row, its components along the k leading eigenvectors of
/// the inputs' second moment Σ x·xᵀ (top_directions()).
DeltaPartPtr off_top_directions(Index k);

/// The same with a k that follows from the number of inputs.
DeltaPartPtr off_top_directions(std::function<Index(Index in)> count, Json config);

}  // namespace nf
