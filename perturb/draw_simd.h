#pragma once

/// Parts that the draws of several distributions are made of, for *.simd.cc files only (internal
/// linkage, as core/simd/native.h).

#include "core/random/philox_simd.h"

namespace nf {
namespace {  // NOLINT(google-build-namespaces): internal linkage is the point
namespace native {

NF_INLINE F32 to_f32(I32 v) { return __builtin_convertvector(v, F32); }

/// The word as a signed odd number, in (−2^31, 2^31). Odd numbers lie symmetrically around zero and
/// never on it.
NF_INLINE F32 signed_odd(U32 word) { return to_f32(bit_cast<I32>(word | 1u)); }

/// −2 ln u for u = (⌊word/2⌋ + ½)/2^31 in f32. With u = m·2^(e−31), m in [√½, √2): (31 − e)·2 ln 2
/// + x·P(x), x = m − 1; P is the degree-7 minimax fit of −2 ln(1 + x)/x, relative error 1.7e-7. At
/// most 44.4.
NF_INLINE F32 minus_two_log(U32 word) {
  constexpr std::int32_t kSqrtHalfBits = 0x3f3504f3;
  const I32 b = bit_cast<I32>(to_f32(bit_cast<I32>(word >> 1)) + 0.5f) - kSqrtHalfBits;
  const F32 exponent = to_f32(b >> 23);
  const F32 x = bit_cast<F32>((b & 0x7fffff) + kSqrtHalfBits) - 1.0f;
  F32 p = splat(0.20213528626579488f);
  p = p * x - 0.3244504892976859f;
  p = p * x + 0.34501696338531407f;
  p = p * x - 0.398003463877983f;
  p = p * x + 0.4993981655393015f;
  p = p * x - 0.6667011735730566f;
  p = p * x + 1.0000073026642704f;
  p = p * x - 1.9999998906458436f;
  return (31.0f - exponent) * 1.3862943611198906f + p * x;
}

/// sin(π/2·t) for t = (word | 1)/2^31 as a signed number: the sine of an evenly drawn angle, which
/// takes every value once in this half turn. t·Q(t²), Q the degree-4 minimax fit, relative error
/// 5e-9.
NF_INLINE F32 half_turn_sine(U32 word) {
  constexpr float kTwoToMinus31 = 4.656612873077392578125e-10f;
  const F32 t = signed_odd(word) * kTwoToMinus31;
  const F32 tt = t * t;
  F32 q = splat(0.0001514851289942396f);
  q = q * tt - 0.0046737666088392405f;
  q = q * tt + 0.07968967894548908f;
  q = q * tt - 0.6459637105993414f;
  q = q * tt + 1.5707963184476783f;
  return q * t;
}

/// The hardware's square root: correctly rounded on every CPU.
NF_INLINE F32 square_root(F32 v) {
#if defined(NF_SIMD_avx512)
  // The form without a mask makes GCC 12 warn about an uninitialised value in its own header.
  return bit_cast<F32>(_mm512_maskz_sqrt_ps(0xffff, bit_cast<__m512>(v)));
#elif defined(NF_SIMD_avx2)
  return bit_cast<F32>(_mm256_sqrt_ps(bit_cast<__m256>(v)));
#else
  return bit_cast<F32>(_mm_sqrt_ps(bit_cast<__m128>(v)));
#endif
}

/// z[i] ← draw(words 0 and 1 of the block of element first_element + i), 0 <= i < n.
template <class Draw>
NF_INLINE void fill_draws(float* z, Index n, std::uint64_t first_element, std::uint64_t key,
                          std::uint64_t seed, Draw draw) {
  for_each_philox(n, first_element, key, seed, [&](Index offset, PhiloxWords words, Index lanes) {
    const F32 v = draw(words);
    if (lanes == kWidth) {
      store(z + offset, v);
    } else {
      store_part(z + offset, v, lanes);
    }
  });
}

}  // namespace native
}  // namespace
}  // namespace nf
