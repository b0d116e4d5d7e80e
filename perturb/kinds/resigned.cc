#include "perturb/reference_noise.h"

namespace nf {

void register_resigned(NoiseRegistry& registry) {
  registry.add(reference_noise_kind(Rearrangement::resigned, "resigned",
                                    "the error of a quantizer or noise, with random signs"));
}

}  // namespace nf
