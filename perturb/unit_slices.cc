#include "perturb/unit_slices.h"

#include <algorithm>

namespace nf {

void transpose(ConstMatrixView from, MatrixView to) {
  NF_CHECK_SHAPE(to, from.cols(), from.rows());
  // By tiles of one cache line a side, through a buffer: both sides are read and written along
  // their rows. A walk down the columns of a matrix of 1024 columns or a multiple meets one cache
  // set only.
  constexpr Index kTile = 16;
  float tile[kTile][kTile];
  for (Index r0 = 0; r0 < from.rows(); r0 += kTile) {
    const Index rows = std::min(kTile, from.rows() - r0);
    for (Index c0 = 0; c0 < from.cols(); c0 += kTile) {
      const Index cols = std::min(kTile, from.cols() - c0);
      for (Index r = 0; r < rows; ++r)
        for (Index c = 0; c < cols; ++c) tile[c][r] = from(r0 + r, c0 + c);
      for (Index c = 0; c < cols; ++c) std::copy_n(tile[c], rows, to.row(c0 + c) + r0);
    }
  }
}

}  // namespace nf
