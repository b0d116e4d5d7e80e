#include "perturb/scaled_noise.h"

namespace nf {

void register_gaussian(NoiseRegistry& registry) {
  registry.add(scaled_noise_kind(Distribution::gaussian, "normal noise"));
}

}  // namespace nf
