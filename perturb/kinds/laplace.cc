#include "perturb/scaled_noise.h"

namespace nf {

void register_laplace(NoiseRegistry& registry) {
  registry.add(scaled_noise_kind(
      Distribution::laplace,
      "two-sided exponential noise: kurtosis 6, heavier tails than normal noise"));
}

}  // namespace nf
