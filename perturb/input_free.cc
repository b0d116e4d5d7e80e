#include "perturb/input_free.h"

namespace nf {

DistortionPtr input_free(const DistortionPtr& distortion, SiteTensor tensor) {
  return distortion->input_needs(tensor).empty() ? distortion : distortion->without_inputs();
}

}  // namespace nf
