#pragma once

#include <algorithm>
#include <vector>

#include "core/base/check.h"
#include "core/base/types.h"

namespace nf {

/// Owns a symmetric matrix [n, n] in double, zero on construction. The lower triangle alone is
/// held, row after row: half the memory, and symmetric to the last bit. Moves, never copies.
class SymmetricMatrix {
 public:
  SymmetricMatrix() = default;
  explicit SymmetricMatrix(Index n) : n_(n), values_(static_cast<std::size_t>(first_of(n))) {
    NF_CHECK(n >= 0, "symmetric matrix of {} rows", n);
  }
  SymmetricMatrix(SymmetricMatrix&&) noexcept = default;
  SymmetricMatrix& operator=(SymmetricMatrix&&) noexcept = default;
  SymmetricMatrix(const SymmetricMatrix&) = delete;
  SymmetricMatrix& operator=(const SymmetricMatrix&) = delete;
  ~SymmetricMatrix() = default;

  Index size() const { return n_; }
  bool empty() const { return n_ == 0; }
  /// Bytes of a matrix [n, n].
  static double bytes(Index n) { return sizeof(double) * static_cast<double>(first_of(n)); }

  double operator()(Index r, Index c) const { return row(std::max(r, c))[std::min(r, c)]; }
  /// Row r up to the diagonal: r + 1 values.
  double* row(Index r) { return values_.data() + first_of(r); }
  const double* row(Index r) const { return values_.data() + first_of(r); }

 private:
  /// Number of values in the rows before row r.
  static constexpr Index first_of(Index r) { return r * (r + 1) / 2; }

  Index n_ = 0;
  std::vector<double> values_;
};

}  // namespace nf
