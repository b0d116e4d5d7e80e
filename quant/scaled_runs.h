#pragma once

#include <cstdint>
#include <functional>

#include "core/tensor/view.h"
#include "perturb/unit.h"
#include "quant/unit_fit.h"

namespace nf {

/// `count` consecutive values of a row, from column `col` on, and their scales.
struct ScaledRun {
  Index row = 0;
  Index col = 0;
  Index count = 0;
  UnitScales scales;  ///< valid during the visit
  /// Values are clamped to ±limit first: [1] or, as the scales are, [count]. Null: as they are.
  const float* limit = nullptr;
};

/// Fits every unit of x [rows, cols] and visits every value of x once, in runs, each after its unit
/// has been fitted. A unit is a row, a part of one, a part of a column ({group: g, axis: in}) or
/// the matrix; `channel` means a row, so x is no input then. sample: [S, cols] some rows of what x
/// is multiplied with, where fit.needs_inputs(); else empty. Single-threaded. Reads x twice, the
/// second time from a cache unless the unit is the matrix.
void for_each_scaled_run(const UnitFit& fit, const Unit& unit, ConstMatrixView x,
                         ConstMatrixView sample,
                         const std::function<void(const ScaledRun&)>& visit);

/// The same of a matrix that has been fitted as one unit.
void for_each_scaled_run(const MatrixScale& unit, ConstMatrixView x,
                         const std::function<void(const ScaledRun&)>& visit);

/// Rounds a run to the levels of a grid. x, out: the values of the run. Returns how many were
/// clipped: those whose nearest level lies beyond the last one. marks: [count] 1 ← for each of
/// these, the others stay as they are; null where nobody asks.
Index quantize_run(const Grid& grid, const ScaledRun& run, ConstVectorView x, VectorView out,
                   std::uint8_t* marks = nullptr);

/// The levels around each value of a run, once it is clamped to the run's limit (Grid::around). x,
/// lower, upper: the values of the run.
void levels_around_run(const Grid& grid, const ScaledRun& run, ConstVectorView x, VectorView lower,
                       VectorView upper);

}  // namespace nf
