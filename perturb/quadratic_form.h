#pragma once

#include "core/tensor/matrix.h"
#include "core/tensor/symmetric_matrix.h"

namespace nf {

/// d ↦ d·S·dᵀ of a symmetric S [n, n], summed over rows of d: the squared error of a linear's
/// outputs by the second moment of its inputs, tr(δ·S·δᵀ). Immutable, thread-safe.
///
/// Products in f32 at the speed of a matrix product, of the lower triangle of S alone, by tiles of
/// its columns: rows·n·(n + 256) operations of 2·rows·n². Sums in double, in one order for any
/// number of threads. Relative error about 1e-6 where S is positive semidefinite: rounding of S and
/// of products is independent from one element to the next, so it does not pile up.
class QuadraticForm {
 public:
  explicit QuadraticForm(const SymmetricMatrix& sums);

  Index size() const { return form_.cols(); }
  /// Bytes that a form of that size holds.
  static double bytes(Index n) {
    return sizeof(float) * static_cast<double>(n) * static_cast<double>(n);
  }
  double trace() const { return trace_; }
  /// rows: [any number, n]
  double of(ConstMatrixView rows) const;
  /// The same of a − b.
  double of_difference(ConstMatrixView a, ConstMatrixView b) const;

 private:
  template <class Fill>
  double sum(Index rows, const Fill& fill) const;

  /// Rows of S up to the end of their tile of columns; the tile itself by half, since both halves
  /// of what lies left of it are told by one of them. What lies right of it is not set.
  Matrix form_;
  double trace_ = 0.0;
};

/// Σ a·b in double, in four interleaved sums.
double dot(const float* a, const float* b, Index n);

}  // namespace nf
