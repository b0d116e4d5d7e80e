#include "perturb/reference_noise.h"

namespace nf {

void register_resigned(NoiseRegistry& registry) {
  registry.add(reference_noise_kind(Rearrangement::resigned, "resigned",
                                    "a quantizer's own error with random signs"));
}

}  // namespace nf
