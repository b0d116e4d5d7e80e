#include "perturb/distribution.h"
#include "perturb/draw_simd.h"

namespace nf {
namespace NF_SIMD_NAMESPACE {
namespace {

using namespace native;

/// √3·(w0 | 1)/2^31 as a signed number, in (−√3, √3).
void fill(const double*, float* z, Index n, std::uint64_t first_element, std::uint64_t key,
          std::uint64_t seed) {
  fill_draws(z, n, first_element, key, seed, [](PhiloxWords words) {
    return signed_odd(words.word0) * 8.065490101e-10f;  // √3·2^-31
  });
}

}  // namespace

extern constinit const Distribution uniform_distribution = {
    .name = "uniform",
    .summary = "noise spread evenly over an interval, as a fine quantizer's error is",
    .fill = fill};

}  // namespace NF_SIMD_NAMESPACE
}  // namespace nf
