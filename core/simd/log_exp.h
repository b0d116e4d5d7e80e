#pragma once

/// log2 and 2^x for *.simd.cc files, in double with IEEE operations in one order, so that no libm
/// and no instruction set changes a bit. Everything has internal linkage, as in core/simd/native.h.

#include "core/simd/native.h"

namespace nf {
namespace {
namespace native {

/// log2(a) for finite a > 0, error below 1e-13. a = m·2^k with m in [√½, √2), and log m as the
/// series of 2·artanh(s), s = (m − 1)/(m + 1), |s| < 0.172: the first dropped term is s^19·2/19 <
/// 4e-16.
NF_INLINE F64 log2(F64 a) {
  const std::uint64_t sqrt_half = 0x3fe6a09e667f3bcdu;
  const U64 b = bit_cast<U64>(a);
  const U64 biased = (b - sqrt_half + (std::uint64_t{1024} << 52)) >> 52;  // k + 1024
  const F64 m = bit_cast<F64>(b - ((biased - 1024u) << 52));
  // An integer below 2^51 in the low bits of a double of the exponent of 2^52 is 2^52 + that
  // integer.
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

}  // namespace native
}  // namespace
}  // namespace nf
