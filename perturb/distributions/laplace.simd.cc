#include "perturb/distribution.h"
#include "perturb/draw_simd.h"

namespace nf {
namespace NF_SIMD_NAMESPACE {
namespace {

using namespace native;

/// ∓ln(u)/√2, u from w0, sign from w0's lowest bit. |z| <= 15.7.
void fill(const double*, float* z, Index n, std::uint64_t first_element, std::uint64_t key,
          std::uint64_t seed) {
  fill_draws(z, n, first_element, key, seed, [](PhiloxWords words) {
    const F32 magnitude = minus_two_log(words.word0) * 0.35355339059327373f;  // 1/(2√2)
    return bit_cast<F32>(bit_cast<U32>(magnitude) | (words.word0 << 31));
  });
}

}  // namespace

extern constinit const Distribution laplace_distribution = {
    .name = "laplace",
    .summary = "two-sided exponential noise: kurtosis 6, heavier tails than normal noise",
    .fill = fill};

}  // namespace NF_SIMD_NAMESPACE
}  // namespace nf
