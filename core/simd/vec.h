#pragma once

/// Sixteen-lane vectors for *.simd.cc files, and nothing else: everything here has internal
/// linkage, so that code compiled for AVX-512 can never be picked by the linker for another file.
///
/// Design: a vector is one AVX-512, two AVX2 or four SSE registers (core/simd/native.h), on which
/// every operation is done one after the other; the operations are IEEE ones in one order, so every
/// form of a kernel gives the same bits. GCC's own vectors of 64 bytes would read better, but it
/// takes comparisons of a vector wider than a register apart lane by lane and keeps such vectors in
/// memory. Not a goal: other widths, other architectures.

#include <cstdint>
#include <cstring>

#include "core/base/types.h"
#include "core/simd/native.h"

namespace nf {
namespace {  // NOLINT(google-build-namespaces): every instruction set has its own

inline constexpr Index kLanes = 16;
inline constexpr int kRegisters = static_cast<int>(kLanes / native::kWidth);

/// Sixteen lanes of T, in registers of type Register.
template <class T, class Register>
struct Lanes {
  Register parts[kRegisters]{};

  T operator[](int lane) const {
    constexpr int kWidth = static_cast<int>(native::kWidth);
    return parts[lane / kWidth][lane % kWidth];
  }
};
using F32 = Lanes<float, native::F32>;
using I32 = Lanes<std::int32_t, native::I32>;

/// The lanes that operation(register of a, register of others...) gives.
template <class Result, class Operation, class... Vectors>
NF_INLINE Result each_register(const Operation& operation, const Vectors&... vectors) {
  Result result;
#pragma GCC unroll 4
  for (int k = 0; k < kRegisters; ++k) result.parts[k] = operation(vectors.parts[k]...);
  return result;
}

NF_INLINE F32 splat(float v) {
  F32 result;
#pragma GCC unroll 4
  for (int k = 0; k < kRegisters; ++k) result.parts[k] = native::splat(v);
  return result;
}

#define NF_LANES_OPERATOR(op)                                                \
  NF_INLINE F32 operator op(const F32& a, const F32& b) {                    \
    return each_register<F32>([](auto x, auto y) { return x op y; }, a, b);  \
  }                                                                          \
  NF_INLINE F32 operator op(const F32& a, float b) { return a op splat(b); } \
  NF_INLINE F32 operator op(float a, const F32& b) { return splat(a) op b; }
NF_LANES_OPERATOR(+)
NF_LANES_OPERATOR(-)
NF_LANES_OPERATOR(*)
NF_LANES_OPERATOR(/)
#undef NF_LANES_OPERATOR
NF_INLINE F32 operator-(const F32& a) {
  return each_register<F32>([](auto x) { return -x; }, a);
}
NF_INLINE F32& operator+=(F32& a, const F32& b) { return a = a + b; }
NF_INLINE F32& operator+=(F32& a, float b) { return a = a + b; }

NF_INLINE F32 load(const float* p) {
  F32 v;
#pragma GCC unroll 4
  for (int k = 0; k < kRegisters; ++k) v.parts[k] = native::load(p + k * native::kWidth);
  return v;
}
NF_INLINE void store(float* p, const F32& v) {
#pragma GCC unroll 4
  for (int k = 0; k < kRegisters; ++k) native::store(p + k * native::kWidth, v.parts[k]);
}
/// The first n < 16 lanes; the others are `fill`. By way of memory, which a vector whose address is
/// taken would never leave.
NF_INLINE F32 load_part(const float* p, Index n, float fill) {
  float lanes[kLanes];
  store(lanes, splat(fill));
  std::memcpy(lanes, p, static_cast<std::size_t>(n) * sizeof(float));
  return load(lanes);
}
NF_INLINE void store_part(float* p, const F32& v, Index n) {
  float lanes[kLanes];
  store(lanes, v);
  std::memcpy(p, lanes, static_cast<std::size_t>(n) * sizeof(float));
}

/// The bits of |v|: their order is that of the magnitudes.
NF_INLINE I32 magnitude_bits(const F32& v) {
  return each_register<I32>([](auto x) { return native::bit_cast<native::I32>(x) & 0x7fffffff; },
                            v);
}
NF_INLINE I32 max(const I32& a, const I32& b) {
  return each_register<I32>([](auto x, auto y) { return x > y ? x : y; }, a, b);
}
NF_INLINE F32 abs(const F32& v) {
  return each_register<F32>([](auto x) { return native::abs(x); }, v);
}
/// The second argument where one of the two is a NaN, and for zeros of either sign.
NF_INLINE F32 max(const F32& a, const F32& b) {
  return each_register<F32>([](auto x, auto y) { return native::max(x, y); }, a, b);
}
NF_INLINE F32 min(const F32& a, const F32& b) {
  return each_register<F32>([](auto x, auto y) { return native::min(x, y); }, a, b);
}
/// Lanes of `yes` where v > 0, else of `no`.
NF_INLINE F32 where_positive(const F32& v, const F32& yes, const F32& no) {
  return each_register<F32>([](auto x, auto y, auto n) { return x > 0.0f ? y : n; }, v, yes, no);
}
/// Rounds to the nearest integer, ties to even.
NF_INLINE F32 round_even(const F32& v) {
  return each_register<F32>([](auto x) { return native::round_even(x); }, v);
}
/// 2^n for whole n, -126 <= n <= 127; infinity for n = 128.
NF_INLINE F32 power_of_two(const F32& n) {
  return each_register<F32>(
      [](auto x) {
        return native::bit_cast<native::F32>((__builtin_convertvector(x, native::I32) + 127) << 23);
      },
      n);
}

/// Sums and extrema over the lanes, in lane order: the order is part of the numerics version.
NF_INLINE float sum(const F32& v) {
  float total = 0.0f;
  for (int i = 0; i < kLanes; ++i) total += v[i];
  return total;
}
NF_INLINE double sum_in_double(const F32& v) {
  double total = 0.0;
  for (int i = 0; i < kLanes; ++i) total += static_cast<double>(v[i]);
  return total;
}
NF_INLINE float max_lane(const F32& v) {
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
  return p * power_of_two(n);
}

}  // namespace
}  // namespace nf
