#pragma once

#include "core/base/types.h"
#include "core/simd/dispatch.h"

namespace nf {

/// The exponent of `grid: power` when none is given: the cube root (arXiv 2403.06408, section on
/// the non-uniform quantizer). Exactly this number takes the fast path.
inline constexpr double kCubeRoot = 1.0 / 3.0;

/// Scale and zero point of the values of a kernel call: one pair for all of them, or, in the groups
/// that run down the columns, one pair for each.
struct UnitScales {
  const float* scale = nullptr;  ///< > 0, [1] or [n]
  const float* zero = nullptr;   ///< an integer, [1] or [n]
  bool each = false;             ///< the arrays are [n]
};

/// The arithmetic of the grids over n consecutive values: f32, true divisions, rounding half to
/// even, in three forms with the same bits. A NaN stays a NaN; a value beyond the last level
/// becomes that level and is counted in the result. x and the outputs must not overlap unless they
/// are the same array.
struct GridKernels {
  /// lowest[0] ← min(lowest[0], x), highest[0] likewise. NaNs are passed over.
  void (*range)(const float* x, Index n, float* lowest, float* highest);
  /// The same for each place: lowest[i] ← min(lowest[i], x[i]).
  void (*range_each)(const float* x, Index n, float* lowest, float* highest);
  /// out ← (clamp(round(x/scale) + zero, first, last) − zero)·scale. Returns the number of values
  /// clamped.
  Index (*uniform)(const float* x, Index n, UnitScales scales, float first, float last, float* out);
  /// out ← sign(x)·|x|^p, correctly rounded for p = kCubeRoot, else within 1 unit in the last
  /// place.
  void (*compand)(const float* x, Index n, double p, float* out);
  /// k ← clamp(round(compand(x)/scale), −last, last), out ← sign(k)·(|k|·scale)^(1/p). Returns the
  /// number of values clamped. For p = kCubeRoot, out = t·t·t with t = k·scale. zero is not read.
  Index (*power)(const float* x, Index n, UnitScales scales, float last, double p, float* out);
  /// out ← width of the cell of x's level k: the values from ((k − ½)·scale) to ((k + ½)·scale),
  /// taken back through the inverse of compand. For p = kCubeRoot, scale³·(3k² + ¼).
  void (*power_step)(const float* x, Index n, UnitScales scales, float last, double p, float* out);
  /// Σ |y − x|^p in double, NaNs left out: sixteen interleaved partial sums, then these in order.
  double (*power_error)(const float* x, const float* y, Index n, double p);
};

NF_DECLARE_KERNELS(GridKernels, grid_kernels)

}  // namespace nf
