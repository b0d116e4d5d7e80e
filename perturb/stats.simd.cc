#include "core/simd/native.h"
#include "perturb/distortion_stats.h"
#include "perturb/stats_kernels.h"

namespace nf {
namespace NF_SIMD_NAMESPACE {
namespace {

using native::F64;
using I64 [[gnu::vector_size(native::kBytes)]] = std::int64_t;
constexpr Index kWidth = native::kBytes / 8;
constexpr Index kPartialSums = 16;
constexpr Index kParts = kPartialSums / kWidth;

/// The partial sums of kWidth of the sixteen columns.
struct Sums {
  F64 x2{}, y2{}, xy{}, abs_x{}, d{}, d2{}, d3{}, d4{}, abs_d{}, abs_xd{}, d2_small{}, max_abs_d{};
  I64 sign_flips{}, to_zero{};

  NF_INLINE void add(F64 x, F64 y, F64 median) {
    const F64 delta = y - x;
    const F64 size_x = absolute(x), size_d = absolute(delta);
    const F64 square = delta * delta;
    x2 += x * x;
    y2 += y * y;
    xy += x * y;
    abs_x += size_x;
    d += delta;
    d2 += square;
    d3 += square * delta;
    d4 += square * square;
    abs_d += size_d;
    abs_xd += size_x * size_d;
    d2_small += size_x < median ? square : F64{};
    max_abs_d = size_d > max_abs_d ? size_d : max_abs_d;
    sign_flips -= x * y < 0.0;  // true is −1
    to_zero -= (x != 0.0) & (y == 0.0);
  }

  NF_INLINE static F64 absolute(F64 v) {
    return native::bit_cast<F64>(native::bit_cast<I64>(v) & INT64_MAX);
  }
};

NF_INLINE F64 load_wide(const float* p, Index lanes) {
  native::F32Half v{};
  std::memcpy(&v, p, static_cast<std::size_t>(lanes) * sizeof(float));
  return __builtin_convertvector(v, F64);
}

/// A field's partial sums in the order of their columns.
template <class Vector>
NF_INLINE auto sum_field(const Sums (&parts)[kParts], Vector Sums::*field) {
  auto total = (parts[0].*field)[0] * 0;
  for (const Sums& part : parts)
    for (Index lane = 0; lane < kWidth; ++lane) total += (part.*field)[lane];
  return total;
}

void add(const float* x, const float* distorted, float median, Index n, DistortionStats& stats) {
  Sums parts[kParts];
  const F64 wide_median = F64{} + static_cast<double>(median);
  Index i = 0;
  for (; i + kPartialSums <= n; i += kPartialSums)
    for (Index part = 0; part < kParts; ++part) {
      const Index at = i + part * kWidth;
      parts[part].add(load_wide(x + at, kWidth), load_wide(distorted + at, kWidth), wide_median);
    }
  for (Index part = 0; i < n; i += kWidth, ++part) {
    const Index lanes = n - i < kWidth ? n - i : kWidth;  // the zeros of the others add nothing
    parts[part].add(load_wide(x + i, lanes), load_wide(distorted + i, lanes), wide_median);
  }
  stats.sum_x2 += sum_field(parts, &Sums::x2);
  stats.sum_y2 += sum_field(parts, &Sums::y2);
  stats.sum_xy += sum_field(parts, &Sums::xy);
  stats.sum_abs_x += sum_field(parts, &Sums::abs_x);
  stats.sum_d += sum_field(parts, &Sums::d);
  stats.sum_d2 += sum_field(parts, &Sums::d2);
  stats.sum_d3 += sum_field(parts, &Sums::d3);
  stats.sum_d4 += sum_field(parts, &Sums::d4);
  stats.sum_abs_d += sum_field(parts, &Sums::abs_d);
  stats.sum_abs_xd += sum_field(parts, &Sums::abs_xd);
  stats.sum_d2_small += sum_field(parts, &Sums::d2_small);
  for (const Sums& part : parts)
    for (Index lane = 0; lane < kWidth; ++lane)
      stats.max_abs_d =
          part.max_abs_d[lane] > stats.max_abs_d ? part.max_abs_d[lane] : stats.max_abs_d;
  stats.sign_flips += sum_field(parts, &Sums::sign_flips);
  stats.to_zero += sum_field(parts, &Sums::to_zero);
}

}  // namespace

extern const StatsKernels stats_kernels = {add};

}  // namespace NF_SIMD_NAMESPACE
}  // namespace nf
