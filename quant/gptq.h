#pragma once

#include <cstdint>
#include <vector>

#include "core/tensor/matrix.h"
#include "core/tensor/symmetric_matrix.h"
#include "perturb/unit.h"
#include "quant/unit_fit.h"

namespace nf {

/// GPTQ's own choices, by its authors' names for them (arXiv 2210.17323).
struct GptqOptions {
  double damping = 0.01;       ///< times the mean of H's diagonal, added to the diagonal
  Index block = 128;           ///< columns after which groups see what has been compensated
  bool act_order = false;      ///< columns in the order of the second moments, largest first
  bool static_groups = false;  ///< groups take their scales before the first column is rounded
};

/// Scales of units that lie in rows and columns of their own.
struct FittedUnits {
  Matrix scale, zero;  ///< as UnitScales has them
  Matrix limit;        ///< values are clamped to ±limit before they are rounded

  void resize(Index rows, Index cols);
  void put(Index row, Index col, const MatrixScale& unit);
};

/// How a weight [out, in] was rounded, in the order of its own columns. On a uniform grid the code
/// of a value is round(value / scale) + zero of its unit, exactly.
struct GptqResult {
  /// Units of all scales: [1, 1] for tensor, [out, 1] for channel, [out, groups] for groups along
  /// the inputs, [groups, in] for groups along the outputs. With act_order and without
  /// static_groups the groups are those of the sorted columns.
  FittedUnits units;
  std::vector<Index> unit_of_column;  ///< [in] the column of `units` that a column goes by
  Index clipped = 0;                  ///< compensated values beyond the last level
  double damping = 0.0;               ///< that the factorisation took
};

/// rounded ← w on the grid of `fit`, column by column, each column taking over the errors of those
/// before it as far as the inputs allow (arXiv 2210.17323, algorithm 1). w, rounded: [out, in], not
/// overlapping. sums: Σ x·xᵀ of the inputs; H = scale·sums. sample: [S, in] some rows of the
/// inputs, where fit.needs_inputs(); else empty.
///
/// The order is that of the authors' code: scales of tensor and channel from w; then the columns of
/// features that were always 0 become 0; then the scales of static groups; then the columns in
/// blocks, each group's scales when its first column is reached, from w as it stood at the start of
/// that block; groups along the outputs when their column is reached, as compensated. A
/// factorisation that fails is tried again with ten times the damping (after 0: 0.01), at most four
/// times; then NumericError, without a place.
///
/// clipped: [out·in] 1 ← where a compensated value lies beyond the last level; null where nobody
/// asks.
///
/// Rows are worked on in panels of their own, shared out among the threads: their number changes no
/// bit.
GptqResult gptq(ConstMatrixView w, const SymmetricMatrix& sums, double scale,
                const GptqOptions& options, const Unit& unit, const UnitFit& fit,
                ConstMatrixView sample, MatrixView rounded, std::uint8_t* clipped = nullptr);

/// Bytes that gptq() holds beside w and what it makes of it, about.
double gptq_scratch_bytes(Index out, Index in, const Unit& unit);

}  // namespace nf
