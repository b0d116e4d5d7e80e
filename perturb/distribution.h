#pragma once

#include <cstdint>
#include <string_view>

#include "core/base/types.h"
#include "core/simd/dispatch.h"

namespace nf {

/// The shapes noise can have. All have mean 0 and variance 1; z comes from the element's own Philox
/// block (words w0, w1 of element_block) with +, -, *, / and square roots only, so its bits are the
/// same everywhere.
///   gaussian    √(−2 ln u)·sin(π/2·t), u = (⌊w0/2⌋ + ½)/2^31 in f32, t = (w1 | 1)/2^31 as a
///               signed number: Box and Muller's pair with the angle folded into the half turn in
///               which the sine takes every value once. |z| <= 6.66.
///   uniform     √3·(w0 | 1)/2^31 as a signed number, in (−√3, √3)
///   rademacher  −1 where w0's top bit is set, else +1
///   laplace     ∓ln(u)/√2, u as above, sign from w0's lowest bit. |z| <= 15.7.
enum class Distribution { gaussian, uniform, rademacher, laplace };
inline constexpr int kDistributionCount = 4;

std::string_view distribution_name(Distribution distribution);

using FillDraws = void (*)(float* z, Index n, std::uint64_t first_element, std::uint64_t key,
                           std::uint64_t seed);

/// fill[d] sets z[i] to the draw of element first_element + i, 0 <= i < n. Indexed by Distribution.
struct DrawKernels {
  FillDraws fill[kDistributionCount];
};
NF_DECLARE_KERNELS(DrawKernels, draw_kernels)

/// z[0..n) <- draws of the elements first_element .. first_element + n - 1, in this CPU's best
/// form.
inline void fill_draws(Distribution distribution, float* z, Index n, std::uint64_t first_element,
                       std::uint64_t key, std::uint64_t seed) {
  draw_kernels().fill[static_cast<int>(distribution)](z, n, first_element, key, seed);
}

}  // namespace nf
