#pragma once

#include "perturb/distortion.h"

namespace nf {

/// The distortion itself where it needs no statistics at a site of that tensor, else its form
/// without them (Distortion::without_inputs()); null where there is none.
DistortionPtr input_free(const DistortionPtr& distortion, SiteTensor tensor);

}  // namespace nf
