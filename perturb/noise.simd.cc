#include "core/simd/log_exp.h"
#include "perturb/noise_kernels.h"

namespace nf {
namespace NF_SIMD_NAMESPACE {
namespace {

// Values on the way to and from double are taken half a register at a time.
using Half = native::F32Half;
constexpr Index kHalfWidth = native::kWidth / 2;

NF_INLINE native::F64 load_wide(const float* p, Index lanes) {
  Half v{};
  std::memcpy(&v, p, static_cast<std::size_t>(lanes) * sizeof(float));
  return __builtin_convertvector(v, native::F64);
}

NF_INLINE Half narrow_half(native::F64 v) { return __builtin_convertvector(v, Half); }

/// Adds up value(offset, lanes), lanes <= kHalfWidth. Partial sum i takes the values i, i + 16, i +
/// 32, ... whatever the width of the registers; lanes beyond n must be 0.
template <class Value>
NF_INLINE double sum_groups(Index n, Value value) {
  constexpr Index kPartialSums = 16;
  constexpr Index kParts = kPartialSums / kHalfWidth;
  native::F64 partial[kParts]{};
  Index i = 0;
  for (; i + kPartialSums <= n; i += kPartialSums)
    for (Index part = 0; part < kParts; ++part)
      partial[part] += value(i + part * kHalfWidth, kHalfWidth);
  for (Index part = 0; i < n; i += kHalfWidth, ++part)
    partial[part] += value(i, n - i < kHalfWidth ? n - i : kHalfWidth);
  double total = 0.0;
  for (const native::F64& sums : partial)
    for (Index lane = 0; lane < kHalfWidth; ++lane) total += sums[lane];
  return total;
}

double sum_squares(const float* x, Index n) {
  return sum_groups(n, [&](Index i, Index lanes) {
    const native::F64 v = load_wide(x + i, lanes);
    return v * v;
  });
}

double squared_distance(const float* a, const float* b, Index n) {
  return sum_groups(n, [&](Index i, Index lanes) {
    const native::F64 d = load_wide(a + i, lanes) - load_wide(b + i, lanes);
    return d * d;
  });
}

/// out ← value(offset, lanes), lanes <= kHalfWidth, each value rounded to f32.
template <class Value>
NF_INLINE void for_each_half(float* out, Index n, Value value) {
  Index i = 0;
  for (; i + kHalfWidth <= n; i += kHalfWidth) {
    const Half v = value(i, kHalfWidth);
    std::memcpy(out + i, &v, sizeof v);
  }
  if (i < n) {
    const Half v = value(i, n - i);
    std::memcpy(out + i, &v, static_cast<std::size_t>(n - i) * sizeof(float));
  }
}

/// out ← value(offset, lanes) for groups of the form's own width: element by element, width changes
/// no bit.
template <class Value>
NF_INLINE void for_each_group(float* out, Index n, Value value) {
  Index i = 0;
  for (; i + native::kWidth <= n; i += native::kWidth)
    native::store(out + i, value(i, native::kWidth));
  if (i < n) native::store_part(out + i, value(i, n - i), n - i);
}

NF_INLINE native::F32 load_native(const float* p, Index lanes) {
  return lanes == native::kWidth ? native::load(p) : native::load_part(p, lanes, 0.0f);
}

float max_abs(const float* x, Index n) {
  native::F32 best{};
  Index i = 0;
  for (; i + native::kWidth <= n; i += native::kWidth)
    best = native::max(native::abs(native::load(x + i)), best);
  if (i < n) best = native::max(native::abs(native::load_part(x + i, n - i, 0.0f)), best);
  float largest = 0.0f;
  for (int lane = 0; lane < native::kWidth; ++lane)
    largest = best[lane] > largest ? best[lane] : largest;
  return largest;
}

void multiply(float* z, const float* w, Index n) {
  for_each_group(z, n, [&](Index i, Index lanes) {
    return load_native(z + i, lanes) * load_native(w + i, lanes);
  });
}

void multiply_abs(float* z, const float* x, Index n) {
  for_each_group(z, n, [&](Index i, Index lanes) {
    return load_native(z + i, lanes) * native::abs(load_native(x + i, lanes));
  });
}

void multiply_remainder(float* z, const float* x, float largest, Index n) {
  for_each_group(z, n, [&](Index i, Index lanes) {
    return load_native(z + i, lanes) * (largest - native::abs(load_native(x + i, lanes)));
  });
}

[[gnu::flatten]] void multiply_power(float* z, const float* x, double power, float floor,
                                     int exponent, Index n) {
  for_each_half(z, n, [&](Index i, Index lanes) {
    native::F64 base = load_wide(x + i, lanes);
    base = base < 0.0 ? -base : base;
    base = base < floor ? native::F64{} + floor : base;
    const native::F64 weight = native::exp2((native::log2(base) - exponent) * power);
    return narrow_half(load_wide(z + i, lanes) * (base == 0.0 ? native::F64{} : weight));
  });
}

void add_scaled(const float* x, const float* z, double scale, float* out, Index n) {
  for_each_half(out, n, [&](Index i, Index lanes) {
    Half v{};
    std::memcpy(&v, x + i, static_cast<std::size_t>(lanes) * sizeof(float));
    return v + narrow_half(load_wide(z + i, lanes) * scale);
  });
}

void subtract(const float* a, const float* b, float* out, Index n) {
  for_each_group(out, n, [&](Index i, Index lanes) {
    return load_native(a + i, lanes) - load_native(b + i, lanes);
  });
}

Index clip(const float* x, float limit, float* out, Index n) {
  native::I32 beyond{};
  for_each_group(out, n, [&](Index i, Index lanes) {
    const native::F32 v = load_native(x + i, lanes);
    const native::I32 is_beyond = native::abs(v) > limit;
    beyond -= is_beyond;  // true is −1
    return is_beyond ? native::with_sign(native::splat(limit), v) : v;
  });
  Index clipped = 0;
  for (int lane = 0; lane < native::kWidth; ++lane) clipped += beyond[lane];
  return clipped;
}

double power_of_two(double x) { return native::exp2(native::F64{} + x)[0]; }

}  // namespace

extern const NoiseKernels noise_kernels = {
    sum_squares,    squared_distance, max_abs,  multiply, multiply_abs, multiply_remainder,
    multiply_power, add_scaled,       subtract, clip,     power_of_two};

}  // namespace NF_SIMD_NAMESPACE
}  // namespace nf
