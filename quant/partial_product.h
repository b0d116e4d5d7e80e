#pragma once

#include <vector>

#include "core/tensor/matrix.h"

namespace nf {

/// The inputs that some columns of a weight are multiplied with, ready to say what an error in
/// these columns costs. Immutable and thread-safe.
class PartialProduct {
 public:
  /// sample: [S, n] rows of the inputs, the n columns alone.
  explicit PartialProduct(ConstMatrixView sample);

  Index cols() const { return cols_; }
  /// Σ over the S rows of (x·δ)². delta: [n]. Where the product is of one column, delta may be any
  /// number of values in it: Σ x² · Σ δ².
  double squared_error(ConstVectorView delta) const;

 private:
  Index cols_;
  std::vector<double> gram_;    ///< [n, n] XᵀX, where it is not larger than X
  std::vector<double> sample_;  ///< [S, n], else
};

}  // namespace nf
