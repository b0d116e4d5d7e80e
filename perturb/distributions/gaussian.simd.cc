#include "perturb/distribution.h"
#include "perturb/draw_simd.h"

namespace nf {
namespace NF_SIMD_NAMESPACE {
namespace {

using namespace native;

/// √(−2 ln u)·sin(π/2·t), u from w0, t from w1: Box and Muller's pair with the angle folded into
/// the half turn in which the sine takes every value once. |z| <= 6.66.
void fill(const double*, float* z, Index n, std::uint64_t first_element, std::uint64_t key,
          std::uint64_t seed) {
  fill_draws(z, n, first_element, key, seed, [](PhiloxWords words) {
    return square_root(minus_two_log(words.word0)) * half_turn_sine(words.word1);
  });
}

}  // namespace

extern constinit const Distribution gaussian_distribution = {
    .name = "gaussian", .summary = "normal noise", .fill = fill};

}  // namespace NF_SIMD_NAMESPACE
}  // namespace nf
