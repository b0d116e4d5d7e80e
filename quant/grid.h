#pragma once

#include "core/tensor/view.h"
#include "quant/grid_kernels.h"

namespace nf {

/// The fewest and the most bits of a level's number.
inline constexpr Index kFewestBits = 2;
inline constexpr Index kMostBits = 8;
/// Scales are at least this, so that a unit of zeros divides by something.
inline constexpr float kSmallestScale = 1e-10f;

/// The levels values are rounded to, under given scales; a grid knows nothing of rows and groups. A
/// *unit* is a set of values that share a scale and a zero point. All arithmetic is f32 with true
/// divisions and rounding half to even, as torch does it; the same bits on every CPU.
///
/// Non-finite values never disappear: a NaN stays a NaN, and an infinity makes the whole unit NaN,
/// as does a range too wide for f32 (highest − lowest, or |x|^p for p > 1). The sign of a zero
/// result is not specified.
///
/// Levels are fixed points of their own scale: quantizing a result again under the same scales
/// changes no value and clips nothing, for uniform grids and powers p >= 0.27 (below, levels next
/// to 0 can be denormal). Under a new fit symmetric grids keep every value on its level, but the
/// scale may move by its last bit; an asymmetric range may change altogether.
///
/// Immutable and thread-safe.
class Grid {
 public:
  virtual ~Grid() = default;

  /// Whether there are as many levels for values below 0 as above it, up to one: the range is then
  /// that of |x|, and zero is 0.
  virtual bool is_symmetric() const = 0;
  /// Min-max range: scale[i], zero[i] ← those of the unit with values from lowest[i] to highest[i].
  /// All four of one length.
  virtual void fit(ConstVectorView lowest, ConstVectorView highest, VectorView scale,
                   VectorView zero) const = 0;
  /// out ← x rounded to the nearest level. x, out: [n]; may be the same. Returns how many values
  /// had their nearest level beyond the last one, so that clamping moved them.
  virtual Index quantize(ConstVectorView x, const UnitScales& scales, VectorView out) const = 0;
  /// out ← width of the cell each value falls in: all values that round to the same level, as if
  /// the grid went on past its last level. In the unit of x. x, out: [n].
  virtual void step(ConstVectorView x, const UnitScales& scales, VectorView out) const = 0;
  /// lower, upper ← the levels that each value lies between: twice the same where it is one of
  /// them, or beyond the outermost; NaN where quantize() makes one. x, lower, upper: [n].
  virtual void around(ConstVectorView x, const UnitScales& scales, VectorView lower,
                      VectorView upper) const = 0;
};

/// Scale of a unit: extent/count, not below kSmallestScale; NaN for a NaN or infinite extent.
float grid_scale(float extent, float count);

/// Largest |x| of a unit with values from lowest to highest: both ends at the same distance from 0.
/// An empty range (a unit of NaNs only) is infinite.
float largest_magnitude(float lowest, float highest);

/// Number of the last level of a symmetric grid, which has 0 and as many levels below as above:
/// 2^(bits−1) − 1.
float last_symmetric_level(Index bits);

/// Checks that every x has its out, and that scales are there (NF_CHECK).
void check_lengths(ConstVectorView x, const UnitScales& scales, ConstVectorView out);

}  // namespace nf
