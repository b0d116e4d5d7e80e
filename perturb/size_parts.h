#pragma once

#include "perturb/delta_part.h"

namespace nf {

/// The two halves of a matrix by |x|: below its median, as the statistics of δ have it
/// (median_unit()), so that `small` is what energy_on_small is the share of; and the rest.
enum class SizeHalf { small, large };
DeltaPartPtr size_part(SizeHalf half);

}  // namespace nf
