#include "perturb/scaled_noise.h"

namespace nf {

void register_rademacher(NoiseRegistry& registry) {
  registry.add(
      scaled_noise_kind(Distribution::rademacher,
                        "noise of one magnitude and random sign: kurtosis 1, the lowest there is"));
}

}  // namespace nf
