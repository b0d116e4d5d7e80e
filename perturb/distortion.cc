#include "perturb/distortion.h"

#include "core/base/check.h"

namespace nf {

void Distortion::local_step(ConstMatrixView, const DistortionContext&, MatrixView) const {
  NF_CHECK(false, "{} has no steps", config().dump());
}

}  // namespace nf
