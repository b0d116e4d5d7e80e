#pragma once

/// Powers for *.simd.cc files: f32 values, computed in double with IEEE operations in one order, so
/// that no libm and no instruction set changes a bit. Everything has internal linkage, as in
/// core/simd/native.h.

#include "core/simd/native.h"

namespace nf {
namespace {  // NOLINT(google-build-namespaces): internal linkage is the point
namespace native {

/// One half of cube_root: z is 1/∛a to 14 bits. ∛a = a·z²·(1 − e)^(−2/3), with e = 1 − a·z³ at
/// most 4.8e-5, so the first dropped term of the series, 0.45·e⁴, is below 2^-57.
NF_INLINE F64 refine_cube_root(F64 a, F64 z) {
  const F64 az2 = (a * z) * z;
  const F64 e = 1.0 - az2 * z;
  return az2 + az2 * (e * (2.0 / 3 + e * (5.0 / 9 + e * (40.0 / 81))));
}

/// ∛v with the sign of v, correctly rounded. Every step commutes with v → 8v, so the check of all
/// floats of [1, 8) is a check of all normal ones.
NF_INLINE F32 cube_root(F32 v) {
  const float tiny = 0x1p-126f;  // below it, v·2^24 is normal again, and ∛2^24 = 2^8
  F32 a = abs(v);
  const I32 is_tiny = a < tiny;
  a = is_tiny ? a * 0x1p24f : a;
  // 1/∛a to 3.5 % by a third of the exponent, then one step of a fourth-order iteration.
  F32 z = bit_cast<F32>(0x54a20c00u - bit_cast<U32>(a) / 3u);
  const F32 e = 1.0f - ((a * z) * z) * z;
  z = z + z * (e * (1.0f / 3 + e * (2.0f / 9 + e * (14.0f / 81))));
  const F64Pair wide_a = widen(a), wide_z = widen(z);
  const F32 root = narrow(
      {refine_cube_root(wide_a.low, wide_z.low), refine_cube_root(wide_a.high, wide_z.high)});
  return with_sign(is_tiny ? root * 0x1p-8f : root, v);
}

/// log2(a) for finite a > 0, error below 1e-13. a = m·2^k with m in [√½, √2), and log m as the
/// series of 2·artanh(s), s = (m − 1)/(m + 1), |s| < 0.172; the first dropped term is below 4e-16.
NF_INLINE F64 log2(F64 a) {
  const std::uint64_t sqrt_half = 0x3fe6a09e667f3bcdu;
  const U64 b = bit_cast<U64>(a);
  const U64 biased = (b - sqrt_half + (std::uint64_t{1024} << 52)) >> 52;  // k + 1024
  const F64 m = bit_cast<F64>(b - ((biased - 1024u) << 52));
  // A small integer in the low bits of the double 2^52 makes it 2^52 + that integer.
  const F64 k = bit_cast<F64>(biased | 0x4330000000000000u) - (0x1p52 + 1024.0);
  const F64 s = (m - 1.0) / (m + 1.0);
  const F64 q = s * s;
  F64 p = F64{} + 1.0 / 17;
  p = p * q + 1.0 / 15;
  p = p * q + 1.0 / 13;
  p = p * q + 1.0 / 11;
  p = p * q + 1.0 / 9;
  p = p * q + 1.0 / 7;
  p = p * q + 1.0 / 5;
  p = p * q + 1.0 / 3;
  p = p * q + 1.0;
  return k + (s * p) * 2.8853900817779268;  // 2/ln 2
}

/// 2^v for v in [-1000, 1000], clamped outside; relative error below 1e-13.
NF_INLINE F64 exp2(F64 v) {
  v = v < -1000.0 ? F64{} - 1000.0 : v;
  v = v > 1000.0 ? F64{} + 1000.0 : v;
  const double shift = 0x1.8p52;  // v + shift has the rounded v in its low bits
  const F64 shifted = v + shift;
  const F64 g =
      (v - (shifted - shift)) * 0.69314718055994531;  // ln 2; |g| <= 0.347, g^13/13! < 2e-16
  F64 p = F64{} + 1.0 / 479001600;
  p = p * g + 1.0 / 39916800;
  p = p * g + 1.0 / 3628800;
  p = p * g + 1.0 / 362880;
  p = p * g + 1.0 / 40320;
  p = p * g + 1.0 / 5040;
  p = p * g + 1.0 / 720;
  p = p * g + 1.0 / 120;
  p = p * g + 1.0 / 24;
  p = p * g + 1.0 / 6;
  p = p * g + 0.5;
  p = p * g + 1.0;
  p = p * g + 1.0;
  return p * bit_cast<F64>((bit_cast<U64>(shifted) + 1023u) << 52);
}

/// |v|^p with the sign of v; a NaN or an infinity comes back as it is. p > 0.
NF_INLINE F32 signed_power(F32 v, double p) {
  const F32 a = abs(v);
  const F64Pair wide = widen(a);
  F32 y = narrow({exp2(log2(wide.low) * p), exp2(log2(wide.high) * p)});
  y = a == 0.0f ? F32{} : y;
  y = a <= 0x1.fffffep127f ? y : a;
  return with_sign(y, v);
}

}  // namespace native
}  // namespace
}  // namespace nf
