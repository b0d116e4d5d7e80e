#pragma once

#include "core/tensor/view.h"
#include "perturb/row_source.h"

namespace nf {

/// Ends of the range that holds some percent of the values.
struct PercentileRange {
  float lowest = 0.0f;
  float highest = 0.0f;
};

/// of_magnitude: ±q, q the percentile of |x|; else the (100 − percent)/2-th percentile of x at each
/// end. The p-th percentile of n sorted values lies at place (n − 1)·p/100, linear between two
/// (numpy.percentile's default). NaNs are left out; x holds another value and no infinity.
/// percent: above 0, at most 100.
PercentileRange percentile_range(ConstMatrixView x, double percent, bool of_magnitude);
/// The same of a matrix that is read in parts: values are counted, none is kept.
PercentileRange percentile_range(const RowSource& x, double percent, bool of_magnitude);

}  // namespace nf
