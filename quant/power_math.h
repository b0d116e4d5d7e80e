#pragma once

/// Powers for *.simd.cc files: f32 values, computed in double with IEEE operations in one order, so
/// that no libm and no instruction set changes a bit. Everything has internal linkage, as in
/// core/simd/native.h.

#include "core/simd/log_exp.h"
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

/// |v|^p with the sign of v; a NaN or an infinity comes back as it is. p > 0.
NF_INLINE F32 signed_power(F32 v, double p) {
  const F32 a = abs(v);
  const F64Pair wide = widen(a);
  F32 y = narrow({exp2(log2(wide.low) * p), exp2(log2(wide.high) * p)});
  // By masks: where two of these stand side by side, GCC takes the choice apart lane by lane.
  const I32 is_nonzero = a != 0.0f, is_finite = a <= 0x1.fffffep127f;
  y = bit_cast<F32>((bit_cast<I32>(y) & is_nonzero & is_finite) | (bit_cast<I32>(a) & ~is_finite));
  return with_sign(y, v);
}

}  // namespace native
}  // namespace
}  // namespace nf
