#include "perturb/distribution.h"
#include "perturb/draw_simd.h"

namespace nf {
namespace NF_SIMD_NAMESPACE {
namespace {

using namespace native;

/// −1 where w0's top bit is set, else +1.
void fill(const double*, float* z, Index n, std::uint64_t first_element, std::uint64_t key,
          std::uint64_t seed) {
  fill_draws(z, n, first_element, key, seed, [](PhiloxWords words) {
    return bit_cast<F32>((bit_cast<I32>(words.word0) & INT32_MIN) | bit_cast<I32>(splat(1.0f)));
  });
}

}  // namespace

extern constinit const Distribution rademacher_distribution = {
    .name = "rademacher",
    .summary = "noise of one magnitude and random sign: kurtosis 1, the lowest there is",
    .fill = fill};

}  // namespace NF_SIMD_NAMESPACE
}  // namespace nf
