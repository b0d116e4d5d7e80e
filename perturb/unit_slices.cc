#include "perturb/unit_slices.h"

#include <algorithm>

#include "core/ops/pack.h"

namespace nf {

void transpose(ConstMatrixView from, MatrixView to) {
  NF_CHECK_SHAPE(to, from.cols(), from.rows());
  // Whole cache lines are written, and rows are read along: a walk down the columns of a matrix of
  // 1024 columns or a multiple meets one cache set only.
  const Index whole = from.rows() / kPackRows * kPackRows;
  for (Index r = 0; r < whole; r += kPackRows)
    pack_kernels().transpose(from.row(r), from.stride(), from.cols(), to.data() + r, to.stride());
  for (Index c = 0; c < from.cols(); ++c)
    for (Index r = whole; r < from.rows(); ++r) to(c, r) = from(r, c);
}

}  // namespace nf
