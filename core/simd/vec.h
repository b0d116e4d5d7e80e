#pragma once

/// Sixteen-lane vectors for *.simd.cc files, and nothing else: everything here has internal
/// linkage, so that code compiled for AVX-512 can never be picked by the linker for another file.
///
/// Design: GCC's vector types of 64 bytes. The compiler lowers them to one AVX-512, two AVX2 or
/// four SSE registers; the operations are IEEE ones in one order, so every form of a kernel gives
/// the same bits. Not a goal: other widths, other architectures.

#include <cstdint>
#include <cstring>

#include "core/base/types.h"

namespace nf {
namespace {  // NOLINT(google-build-namespaces): every instruction set has its own

inline constexpr Index kLanes = 16;

using F32 [[gnu::vector_size(64)]] = float;
using I32 [[gnu::vector_size(64)]] = std::int32_t;
/// Half as many lanes: a sixteen-lane double is a pair of these.
using F64 [[gnu::vector_size(64)]] = double;
using F32Half [[gnu::vector_size(32)]] = float;

#define NF_INLINE [[gnu::always_inline]] inline

NF_INLINE F32 splat(float v) { return F32{} + v; }
NF_INLINE F32 load(const float* p) {
  F32 v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
NF_INLINE void store(float* p, F32 v) { std::memcpy(p, &v, sizeof v); }
/// The first n < 16 lanes; the others are `fill`.
NF_INLINE F32 load_part(const float* p, Index n, float fill) {
  F32 v = splat(fill);
  std::memcpy(&v, p, static_cast<std::size_t>(n) * sizeof(float));
  return v;
}
NF_INLINE void store_part(float* p, F32 v, Index n) {
  std::memcpy(p, &v, static_cast<std::size_t>(n) * sizeof(float));
}

NF_INLINE I32 bits(F32 v) {
  I32 b;
  std::memcpy(&b, &v, sizeof b);
  return b;
}
NF_INLINE F32 from_bits(I32 b) {
  F32 v;
  std::memcpy(&v, &b, sizeof v);
  return v;
}
NF_INLINE F32 abs(F32 v) { return from_bits(bits(v) & 0x7fffffff); }
NF_INLINE F32 max(F32 a, F32 b) { return a > b ? a : b; }
NF_INLINE F32 min(F32 a, F32 b) { return a < b ? a : b; }
NF_INLINE I32 to_i32(F32 v) { return __builtin_convertvector(v, I32); }  ///< truncates

/// Rounds to the nearest integer, ties to even: |v| + 2^23 has no fraction bits left.
NF_INLINE F32 round_even(F32 v) {
  const float shift = 8388608.0f;  // 2^23; larger values are integers already
  const F32 magnitude = abs(v);
  const F32 rounded = (magnitude + shift) - shift;
  const F32 signed_rounded = from_bits(bits(rounded) | (bits(v) & INT32_MIN));
  return magnitude < shift ? signed_rounded : v;
}

/// Lanes 0-7 and 8-15 as doubles.
struct F64Pair {
  F64 low{}, high{};
};
NF_INLINE F64Pair widen(F32 v) {
  F32Half low, high;
  std::memcpy(&low, &v, sizeof low);
  std::memcpy(&high, reinterpret_cast<const char*>(&v) + sizeof low, sizeof high);
  return {__builtin_convertvector(low, F64), __builtin_convertvector(high, F64)};
}

/// Sums and extrema over the lanes, in lane order: the order is part of the numerics version.
NF_INLINE double sum(F64Pair v) {
  double total = 0.0;
  for (int i = 0; i < 8; ++i) total += v.low[i];
  for (int i = 0; i < 8; ++i) total += v.high[i];
  return total;
}
NF_INLINE float sum(F32 v) {
  float total = 0.0f;
  for (int i = 0; i < kLanes; ++i) total += v[i];
  return total;
}
NF_INLINE float max_lane(F32 v) {
  float best = v[0];
  for (int i = 1; i < kLanes; ++i) best = v[i] > best ? v[i] : best;
  return best;
}

/// e^v, about 1 unit in the last place; e^-87.3 below -87.3, infinity above 127.5·ln2 = 88.376, NaN
/// stays NaN. Degree-6 polynomial after v = n·ln2 + r with ln2 in two parts, the first short enough
/// that n·ln2 is exact.
NF_INLINE F32 exp(F32 v) {
  v = min(splat(88.4f), max(splat(-87.3f), v));  // in this order a comparison with NaN keeps it
  const F32 n = round_even(v * 1.44269504088896341f);
  const F32 r = (v - n * 0.693359375f) - n * -2.12194440e-4f;
  F32 p = splat(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  return p * from_bits((to_i32(n) + 127) << 23);
}

}  // namespace
}  // namespace nf
