#pragma once

#include <algorithm>
#include <array>

#include "core/tensor/matrix.h"
#include "perturb/unit.h"

namespace nf {

/// Matrices of one shape that are worked on unit by unit. Those not needed stay empty.
using UnitInputs = std::array<ConstMatrixView, 3>;

/// One unit, cut out of each matrix. The rows of every view are runs of consecutive values in the
/// unit's order; all views have the same shape.
struct UnitSlice {
  Rectangle where;  ///< the unit in the matrix
  /// Whether the unit is a column. The views are then [1, where.rows] copies; `out` is copied back
  /// afterwards.
  bool copied = false;
  UnitInputs in;
  MatrixView out;

  /// The place of a value of the views in the matrix, whose rows have that many values.
  Index place(Index r, Index c, Index row_length) const {
    const Index row = where.row + (copied ? c : r), col = where.col + (copied ? 0 : c);
    return row * row_length + col;
  }
};

/// to ← fromᵀ. from: [rows, cols], to: [cols, rows].
void transpose(ConstMatrixView from, MatrixView to);

/// Calls use(slice) for every unit in reading order. in[0] is never empty; `out` [rows, cols] may
/// be. Columns are worked on as the rows of a transposed copy, because a walk down a column is
/// slow.
template <class Use>
void for_each_unit(const UnitBlocks& blocks, const UnitInputs& in, MatrixView out, Use use) {
  UnitSlice slice;
  if (!blocks.are_columns()) {
    for (Index i = 0; i < blocks.count(); ++i) {
      slice.where = blocks[i];
      for (std::size_t k = 0; k < in.size(); ++k)
        if (!in[k].empty()) slice.in[k] = part_of(in[k], slice.where);
      if (!out.empty()) slice.out = part_of(out, slice.where);
      use(slice);
    }
    return;
  }
  // Strips of columns, so that the copies stay in the cache.
  constexpr Index kStrip = 32;
  std::array<Matrix, 3> in_columns;
  Matrix out_columns;
  slice.copied = true;
  for (Index band = 0; band < blocks.down(); ++band) {
    const Rectangle first = blocks[band * blocks.across()];
    for (Index col = 0; col < blocks.across(); col += kStrip) {
      const Rectangle strip = {first.row, col, first.rows, std::min(kStrip, blocks.across() - col)};
      for (std::size_t k = 0; k < in.size(); ++k) {
        if (in[k].empty()) continue;
        in_columns[k].resize(strip.cols, strip.rows);
        transpose(part_of(in[k], strip), in_columns[k]);
      }
      if (!out.empty()) {
        out_columns.resize(strip.cols, strip.rows);
        transpose(part_of(out, strip), out_columns);
      }
      for (Index c = 0; c < strip.cols; ++c) {
        slice.where = {strip.row, col + c, strip.rows, 1};
        for (std::size_t k = 0; k < in.size(); ++k)
          if (!in[k].empty()) slice.in[k] = in_columns[k].view().middle_rows(c, 1);
        if (!out.empty()) slice.out = out_columns.view().middle_rows(c, 1);
        use(slice);
      }
      if (!out.empty()) transpose(out_columns, part_of(out, strip));
    }
  }
}

}  // namespace nf
