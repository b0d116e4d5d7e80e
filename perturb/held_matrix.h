#pragma once

#include <algorithm>

#include "core/tensor/view.h"
#include "perturb/row_source.h"

namespace nf {

/// A matrix in memory, for what reads one in parts.
class HeldMatrix final : public RowSource {
 public:
  explicit HeldMatrix(ConstMatrixView x) : x_(x) {}

  Index rows() const override { return x_.rows(); }
  Index cols() const override { return x_.cols(); }
  void read(Index first, MatrixView part) const override {
    for (Index r = 0; r < part.rows(); ++r)
      std::copy_n(x_.row(first + r), part.cols(), part.row(r));
  }

 private:
  ConstMatrixView x_;
};

}  // namespace nf
