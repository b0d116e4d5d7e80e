#pragma once

/// Vectors as wide as the registers of each form (16, 8 or 4 floats), for *.simd.cc files whose
/// values do not depend on their neighbours. Everything here has internal linkage, as in
/// core/simd/vec.h.
///
/// The vectors of vec.h have sixteen lanes in every form, which fixes the order of float sums; they
/// are made of these. Element by element the width cannot change a bit, nor can it change a minimum
/// or a maximum. Not for sums.

#include <cstdint>
#include <cstring>

#include "core/base/types.h"

#define NF_INLINE [[gnu::always_inline]] inline

namespace nf {
namespace {  // NOLINT(google-build-namespaces): internal linkage is the point
namespace native {

#if defined(NF_SIMD_avx512)
inline constexpr int kBytes = 64;
#elif defined(NF_SIMD_avx2)
inline constexpr int kBytes = 32;
#else
inline constexpr int kBytes = 16;
#endif
inline constexpr Index kWidth = kBytes / 4;

using F32 [[gnu::vector_size(kBytes)]] = float;
using I32 [[gnu::vector_size(kBytes)]] = std::int32_t;
using U32 [[gnu::vector_size(kBytes)]] = std::uint32_t;
/// Half as many lanes: an F32 widened is a pair of these.
using F64 [[gnu::vector_size(kBytes)]] = double;
using U64 [[gnu::vector_size(kBytes)]] = std::uint64_t;
using F32Half [[gnu::vector_size(kBytes / 2)]] = float;

template <class To, class From>
NF_INLINE To bit_cast(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to{};
  std::memcpy(&to, &from, sizeof to);
  return to;
}

NF_INLINE F32 splat(float v) { return F32{} + v; }
NF_INLINE F32 load(const float* p) {
  F32 v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
NF_INLINE void store(float* p, F32 v) { std::memcpy(p, &v, sizeof v); }
/// The first n < kWidth lanes; the others are `fill`.
NF_INLINE F32 load_part(const float* p, Index n, float fill) {
  F32 v = splat(fill);
  std::memcpy(&v, p, static_cast<std::size_t>(n) * sizeof(float));
  return v;
}
NF_INLINE void store_part(float* p, F32 v, Index n) {
  std::memcpy(p, &v, static_cast<std::size_t>(n) * sizeof(float));
}

NF_INLINE F32 abs(F32 v) { return bit_cast<F32>(bit_cast<I32>(v) & 0x7fffffff); }
/// |magnitude| with the sign of `sign`.
NF_INLINE F32 with_sign(F32 magnitude, F32 sign) {
  return bit_cast<F32>(bit_cast<I32>(magnitude) | (bit_cast<I32>(sign) & INT32_MIN));
}
/// The second argument where one of the two is a NaN, and for zeros of either sign.
NF_INLINE F32 max(F32 a, F32 b) { return a > b ? a : b; }
NF_INLINE F32 min(F32 a, F32 b) { return a < b ? a : b; }

/// Rounds to the nearest integer, ties to even: |v| + 2^23 has no fraction bits left.
NF_INLINE F32 round_even(F32 v) {
  const float shift = 8388608.0f;  // 2^23; larger values are integers already
  const F32 magnitude = abs(v);
  const F32 rounded = (magnitude + shift) - shift;
  return magnitude < shift ? with_sign(rounded, v) : v;
}

/// The lower and the upper half of the lanes, as doubles.
struct F64Pair {
  F64 low{}, high{};
};
NF_INLINE F64Pair widen(F32 v) {
  struct Halves {
    F32Half low, high;
  };
  const Halves halves = bit_cast<Halves>(v);
  return {__builtin_convertvector(halves.low, F64), __builtin_convertvector(halves.high, F64)};
}
NF_INLINE F32 narrow(F64Pair v) {
  struct Halves {
    F32Half low, high;
  };
  return bit_cast<F32>(
      Halves{__builtin_convertvector(v.low, F32Half), __builtin_convertvector(v.high, F32Half)});
}

}  // namespace native
}  // namespace
}  // namespace nf
