#pragma once

#include <functional>

#include "core/tensor/view.h"
#include "perturb/row_source.h"
#include "perturb/unit.h"
#include "quant/unit_fit.h"

namespace nf {

/// `count` consecutive values of a row, from column `col` on, and their scales.
struct ScaledRun {
  Index row = 0;
  Index col = 0;
  Index count = 0;
  UnitScales scales;  ///< valid during the visit
};

/// Fits `grid` to the min-max range of every unit of x [rows, cols] and visits every value of x
/// once, in runs, each after its unit has been fitted. A unit is a row, a part of one, a part of a
/// column ({group: g, axis: in}) or the matrix; `channel` means a row, so x is no input then.
/// Single-threaded. Reads x twice, the second time from a cache unless the unit is the matrix.
void for_each_scaled_run(const Grid& grid, const Unit& unit, ConstMatrixView x,
                         const std::function<void(const ScaledRun&)>& visit);

/// Fits `grid` to the min-max range of a matrix that is read in parts.
MatrixScale fit_matrix(const Grid& grid, const RowSource& x);

}  // namespace nf
