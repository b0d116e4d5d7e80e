#include "core/simd/partial_sums.h"
#include "perturb/stats_kernels.h"

namespace nf {
namespace NF_SIMD_NAMESPACE {
namespace {

using native::F64;
using native::I64;
using native::masked;
using native::sum_field;
constexpr Index kParts = native::kParts;

NF_INLINE F64 absolute(F64 v) {
  return native::bit_cast<F64>(native::bit_cast<I64>(v) & INT64_MAX);
}
/// StatsPivots in every lane.
struct Pivots {
  F64 d, abs_x, abs_d;
};

/// The partial sums of a register's columns.
struct Sums {
  F64 x2{}, y2{}, xy{}, d2{}, d2_small{}, d_1{}, d_2{}, d_3{}, d_4{}, abs_x_1{}, abs_x_2{},
      abs_d_1{}, abs_d_2{}, abs_xd{}, max_abs_d{};
  I64 sign_flips{}, to_zero{};

  /// mask: all bits of the lanes that count; in the others x and y are 0, which adds nothing but to
  /// what is summed about a pivot.
  NF_INLINE void add(F64 x, F64 y, F64 median, const Pivots& pivots, I64 mask) {
    const F64 delta = y - x;
    const F64 size_x = absolute(x), size_d = absolute(delta);
    const F64 square = delta * delta;
    x2 += x * x;
    y2 += y * y;
    xy += x * y;
    d2 += square;
    d2_small += size_x < median ? square : F64{};
    const F64 d = masked(delta - pivots.d, mask);
    const F64 d_square = d * d;
    d_1 += d;
    d_2 += d_square;
    d_3 += d_square * d;
    d_4 += d_square * d_square;
    const F64 a = masked(size_x - pivots.abs_x, mask), b = masked(size_d - pivots.abs_d, mask);
    abs_x_1 += a;
    abs_x_2 += a * a;
    abs_d_1 += b;
    abs_d_2 += b * b;
    abs_xd += a * b;
    max_abs_d = size_d > max_abs_d ? size_d : max_abs_d;
    sign_flips -= x * y < 0.0;  // true is −1
    to_zero -= (x != 0.0) & (y == 0.0);
  }
};

StatsSums sums_of(const float* x, const float* distorted, float median, const StatsPivots& pivots,
                  Index n) {
  Sums parts[kParts];
  const F64 wide_median = F64{} + static_cast<double>(median);
  const Pivots wide_pivots{F64{} + pivots.d, F64{} + pivots.abs_x, F64{} + pivots.abs_d};
  native::for_each_part(n, [&](Index part, Index at, Index lanes, I64 mask) {
    parts[part].add(native::load_wide(x + at, lanes), native::load_wide(distorted + at, lanes),
                    wide_median, wide_pivots, mask);
  });
  StatsSums sums{
      .x2 = sum_field(parts, &Sums::x2),
      .y2 = sum_field(parts, &Sums::y2),
      .xy = sum_field(parts, &Sums::xy),
      .d2 = sum_field(parts, &Sums::d2),
      .d2_small = sum_field(parts, &Sums::d2_small),
      .from_d = {sum_field(parts, &Sums::d_1), sum_field(parts, &Sums::d_2),
                 sum_field(parts, &Sums::d_3), sum_field(parts, &Sums::d_4)},
      .from_abs_x = {sum_field(parts, &Sums::abs_x_1), sum_field(parts, &Sums::abs_x_2)},
      .from_abs_d = {sum_field(parts, &Sums::abs_d_1), sum_field(parts, &Sums::abs_d_2)},
      .from_abs_xd = sum_field(parts, &Sums::abs_xd),
      .sign_flips = sum_field(parts, &Sums::sign_flips),
      .to_zero = sum_field(parts, &Sums::to_zero),
  };
  for (const Sums& part : parts)
    for (Index lane = 0; lane < native::kWideWidth; ++lane)
      sums.max_abs_d =
          part.max_abs_d[lane] > sums.max_abs_d ? part.max_abs_d[lane] : sums.max_abs_d;
  return sums;
}

}  // namespace

extern const StatsKernels stats_kernels = {sums_of};

}  // namespace NF_SIMD_NAMESPACE
}  // namespace nf
