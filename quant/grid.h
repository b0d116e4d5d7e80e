#pragma once

#include <memory>

#include "core/tensor/view.h"
#include "quant/grid_kernels.h"
#include "quant/grid_spec.h"

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
};

/// `uniform`, b = bits. Width of a cell: scale.
///   symmetric, q = 2^(b−1) − 1:
///     scale = max(max|x|/q, 1e-10)
///     x̂ = clamp(round(x/scale), −q, q)·scale
///   asymmetric, q = 2^b − 1 (arXiv 2309.15531, as its authors' code does it):
///     scale = max((max − min)/q, 1e-10), zero = clamp(−round(min/scale), 0, q)
///     x̂ = (clamp(round(x/scale) + zero, 0, q) − zero)·scale
///     The range is not extended to contain 0: values all far on one side of it saturate.
/// `power` p (arXiv 2403.06408; the formula is our reading), symmetric only, q = 2^(b−1) − 1:
///     y = sign(x)·|x|^p, scale = max(max|y|/q, 1e-10), k = clamp(round(y/scale), −q, q)
///     x̂ = sign(k)·(|k|·scale)^(1/p); for p = 1/3 that is t·t·t, t = k·scale
///   The 4-bit levels over the maximum, p = 1/3: 0, .0029, .0233, .0787, .187, .364, .630, 1.
///   Width of the cell of level k: from ((k − ½)·scale)^(1/p) to ((k + ½)·scale)^(1/p), signs kept;
///   for p = 1/3 that is scale³·(3k² + ¼).
/// bits: 2 to 8; `power` needs symmetric (NF_CHECK).
std::unique_ptr<const Grid> make_grid(const GridSpec& spec, Index bits, bool symmetric);

}  // namespace nf
