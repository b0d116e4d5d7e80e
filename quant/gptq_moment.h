#pragma once

#include <span>
#include <vector>

#include "core/tensor/symmetric_matrix.h"

namespace nf {

/// The matrix H of GPTQ (arXiv 2210.17323, section 3.3) before it is damped: a second moment in
/// GPTQ's scale, its features in the order in which columns are rounded. A view: `sums` belongs to
/// somebody else.
class GptqMoment {
 public:
  /// H = scale·sums, sums: [in, in] Σ x·xᵀ. A feature that was always 0 has 1 on the diagonal, as
  /// if its inputs had been of another size: it is why the scale matters. by_size: features in
  /// descending order of the diagonal, ties by index; else in their own order.
  GptqMoment(const SymmetricMatrix& sums, double scale, bool by_size);

  Index size() const { return static_cast<Index>(order_.size()); }
  /// Whether each feature stands at its own place.
  bool in_order() const { return in_order_; }
  /// The feature that stands at each place. [in]
  const std::vector<Index>& order() const { return order_; }
  /// Mean of the diagonal, dead features included.
  double mean_diagonal() const;
  /// values ← H(row, first), H(row, first + 1), ..., without damping. row, first: places
  void copy(Index row, Index first, std::span<double> values) const;

 private:
  Index feature(Index place) const { return order_[static_cast<std::size_t>(place)]; }
  double diagonal(Index feature) const {
    const double sum = sums_(feature, feature);
    return sum == 0.0 ? 1.0 : scale_ * sum;
  }

  const SymmetricMatrix& sums_;
  double scale_;
  bool in_order_;
  std::vector<Index> order_;
};

}  // namespace nf
