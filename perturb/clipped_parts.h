#pragma once

#include "perturb/delta_part.h"

namespace nf {

/// What a quantizer or a clip does to the values that it counts as clipped, and the rest.
enum class ClippedHalf { clipping, rounding };
DeltaPartPtr clipped_part(ClippedHalf half);

}  // namespace nf
