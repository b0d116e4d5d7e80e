#pragma once

#include "core/tensor/view.h"
#include "perturb/row_source.h"

namespace nf {

/// The k-th smallest |x|, 1 <= k <= x.size(). A NaN counts as larger than everything.
float kth_smallest_magnitude(ConstMatrixView x, Index k);

/// The same of a matrix that is read in parts, twice: values are counted, none is kept.
float kth_smallest_magnitude(const RowSource& x, Index k);

/// The k-th smallest x, signs and all, of a matrix that is read in parts, twice. A NaN counts as
/// larger than everything.
float kth_smallest(const RowSource& x, Index k);

/// The middle |x|; for an even number the upper of the two in the middle: the values below it are
/// then the same as those below the mean of the two.
inline float median_magnitude(ConstMatrixView x) {
  return kth_smallest_magnitude(x, x.size() / 2 + 1);
}
inline float median_magnitude(const RowSource& x) {
  return kth_smallest_magnitude(x, x.rows() * x.cols() / 2 + 1);
}

}  // namespace nf
