#pragma once

#include "perturb/delta_part.h"

namespace nf {

/// A half of δ of a quantizer or a clip: at the values that it counts as clipped, or at the rest.
enum class ClippedHalf { clipping, rounding };
DeltaPartPtr clipped_part(ClippedHalf half);

}  // namespace nf
