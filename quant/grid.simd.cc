#include <cmath>

#include "core/simd/native.h"
#include "core/simd/partial_sums.h"
#include "quant/grid_kernels.h"
#include "quant/power_math.h"

namespace nf {
namespace {

using namespace native;

/// The extremum of the lanes, by halving; extrema do not depend on the order.
template <class Pick>
NF_INLINE float reduce(F32 v, Pick pick) {
  float lanes[kWidth];
  store(lanes, v);
  for (Index half = kWidth / 2; half > 0; half /= 2)
    for (Index i = 0; i < half; ++i) lanes[i] = pick(lanes[i], lanes[i + half]);
  return lanes[0];
}

void range(const float* x, Index n, float* lowest, float* highest) {
  // Two chains hide the latency of the comparisons.
  F32 low[2] = {splat(*lowest), splat(*lowest)};
  F32 high[2] = {splat(*highest), splat(*highest)};
  Index i = 0;
  const auto take = [&](F32 v, int chain) {
    low[chain] = min(v, low[chain]);  // the second argument wins against a NaN
    high[chain] = max(v, high[chain]);
  };
  for (; i + 2 * kWidth <= n; i += 2 * kWidth) {
    take(load(x + i), 0);
    take(load(x + i + kWidth), 1);
  }
  for (; i + kWidth <= n; i += kWidth) take(load(x + i), 0);
  if (i < n) take(load_part(x + i, n - i, x[i]), 0);
  *lowest = reduce(min(low[0], low[1]), [](float a, float b) { return a < b ? a : b; });
  *highest = reduce(max(high[0], high[1]), [](float a, float b) { return a > b ? a : b; });
}

void range_each(const float* x, Index n, float* lowest, float* highest) {
  Index i = 0;
  for (; i + kWidth <= n; i += kWidth) {
    const F32 v = load(x + i);
    store(lowest + i, min(v, load(lowest + i)));
    store(highest + i, max(v, load(highest + i)));
  }
  for (; i < n; ++i) {
    lowest[i] = x[i] < lowest[i] ? x[i] : lowest[i];
    highest[i] = x[i] > highest[i] ? x[i] : highest[i];
  }
}

/// One number for all values.
struct Shared {
  F32 value;
  explicit Shared(const float* p) : value(splat(*p)) {}
  NF_INLINE F32 at(Index) const { return value; }
  NF_INLINE F32 part(Index, Index) const { return value; }
};
/// One number for each value.
struct Each {
  const float* values;
  explicit Each(const float* p) : values(p) {}
  NF_INLINE F32 at(Index i) const { return load(values + i); }
  NF_INLINE F32 part(Index i, Index count) const { return load_part(values + i, count, 1.0f); }
};

/// out ← op(x, scale, zero) over all values; op(0, ...) must be harmless, the tail is filled with
/// it.
template <class Scale, class Op>
NF_INLINE void map(const float* x, Index n, UnitScales scales, float* out, Op op) {
  const Scale scale(scales.scale), zero(scales.zero);
  Index i = 0;
  for (; i + kWidth <= n; i += kWidth) store(out + i, op(load(x + i), scale.at(i), zero.at(i)));
  if (i < n) {
    const Index rest = n - i;
    store_part(out + i, op(load_part(x + i, rest, 0.0f), scale.part(i, rest), zero.part(i, rest)),
               rest);
  }
}
template <class Op>
NF_INLINE void map(const float* x, Index n, UnitScales scales, float* out, Op op) {
  if (scales.each)
    map<Each>(x, n, scales, out, op);
  else
    map<Shared>(x, n, scales, out, op);
}

/// The level within [first, last]; a NaN stays. `clamped` loses one in each lane that was outside.
NF_INLINE F32 clamp_level(F32 k, float first, float last, I32& clamped) {
  clamped += (k < first) | (k > last);
  return min(splat(last), max(splat(first), k));
}

NF_INLINE Index count(I32 clamped) {
  Index total = 0;
  for (int i = 0; i < kWidth; ++i) total -= clamped[i];
  return total;
}

Index uniform(const float* x, Index n, UnitScales scales, float first, float last, float* out) {
  I32 clamped{};
  map(x, n, scales, out, [&](F32 v, F32 scale, F32 zero) {
    return (clamp_level(round_even(v / scale) + zero, first, last, clamped) - zero) * scale;
  });
  return count(clamped);
}

struct CubeRoot {
  NF_INLINE F32 compand(F32 v) const { return cube_root(v); }
  NF_INLINE F32 expand(F32 t) const { return (t * t) * t; }
  NF_INLINE F32 step(F32 k, F32 scale) const {
    return ((scale * scale) * scale) * ((k * k) * 3.0f + 0.25f);
  }
};
struct AnyPower {
  double p, inverse;
  NF_INLINE F32 compand(F32 v) const { return signed_power(v, p); }
  NF_INLINE F32 expand(F32 t) const { return signed_power(t, inverse); }
  NF_INLINE F32 step(F32 k, F32 scale) const {
    return expand((k + 0.5f) * scale) - expand((k - 0.5f) * scale);
  }
};

template <class Run>
NF_INLINE auto with_power(double p, Run run) {
  if (p == kCubeRoot) return run(CubeRoot{});
  return run(AnyPower{p, 1.0 / p});
}

void compand(const float* x, Index n, double p, float* out) {
  const float one = 1.0f;
  with_power(p, [&](auto power) {
    map<Shared>(x, n, {&one, &one}, out, [&](F32 v, F32, F32) { return power.compand(v); });
  });
}

Index power(const float* x, Index n, UnitScales scales, float last, double p, float* out) {
  return with_power(p, [&](auto power) {
    I32 clamped{};
    map(x, n, {scales.scale, scales.scale, scales.each}, out, [&](F32 v, F32 scale, F32) {
      const F32 k = clamp_level(round_even(power.compand(v) / scale), -last, last, clamped);
      return power.expand(k * scale);
    });
    return count(clamped);
  });
}

void power_step(const float* x, Index n, UnitScales scales, float last, double p, float* out) {
  with_power(p, [&](auto power) {
    I32 clamped{};
    map(x, n, {scales.scale, scales.scale, scales.each}, out, [&](F32 v, F32 scale, F32) {
      const F32 k = clamp_level(round_even(power.compand(v) / scale), -last, last, clamped);
      return power.step(k, scale);
    });
  });
}

double power_error(const float* x, const float* y, Index n, double p) {
  struct Sum {
    F64 total{};
  };
  Sum parts[kParts];
  for_each_part(n, [&](Index part, Index at, Index lanes, I64 mask) {
    const F64 delta = load_wide(y + at, lanes) - load_wide(x + at, lanes);
    const F64 size = bit_cast<F64>(bit_cast<I64>(delta) & INT64_MAX);
    F64 power = exp2(log2(size) * p);
    power = size > 0.0 ? power : F64{};  // nor of a NaN
    power = size == INFINITY ? size : power;
    parts[part].total += masked(power, mask);
  });
  return sum_field(parts, &Sum::total);
}

}  // namespace

namespace NF_SIMD_NAMESPACE {
extern const GridKernels grid_kernels = {range, range_each, uniform,    compand,
                                         power, power_step, power_error};
}  // namespace NF_SIMD_NAMESPACE
}  // namespace nf
