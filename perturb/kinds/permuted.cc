#include "perturb/reference_noise.h"

namespace nf {

void register_permuted(NoiseRegistry& registry) {
  registry.add(reference_noise_kind(Rearrangement::permuted, "permuted",
                                    "a quantizer's own error, shuffled within the scope"));
}

}  // namespace nf
