#include "perturb/scaled_noise.h"

namespace nf {

void register_uniform(NoiseRegistry& registry) {
  registry.add(
      scaled_noise_kind(Distribution::uniform,
                        "noise spread evenly over an interval, as a fine quantizer's error is"));
}

}  // namespace nf
