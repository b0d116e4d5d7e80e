#include "perturb/reference_noise.h"

namespace nf {

void register_permuted(NoiseRegistry& registry) {
  registry.add(
      reference_noise_kind(Rearrangement::permuted, "permuted",
                           "the error of a quantizer or noise, shuffled within the scope"));
}

}  // namespace nf
