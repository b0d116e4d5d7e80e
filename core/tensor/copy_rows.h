#pragma once

#include <algorithm>

#include "core/tensor/view.h"

namespace nf {

/// Copies a matrix row by row, so that neither has to be contiguous. Both [rows, cols].
inline void copy_rows(ConstMatrixView from, MatrixView to) {
  for (Index r = 0; r < from.rows(); ++r) std::copy_n(from.row(r), from.cols(), to.row(r));
}

}  // namespace nf
