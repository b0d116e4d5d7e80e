#pragma once

#include <algorithm>

#include "core/base/check.h"
#include "core/tensor/matrix.h"
#include "perturb/distortion.h"

namespace nf {

/// A matrix that is held, read in parts as if it were not.
class HeldRows final : public RowSource {
 public:
  explicit HeldRows(ConstMatrixView x, Index together = 1) : x_(x), together_(together) {}

  Index rows() const override { return x_.rows(); }
  Index cols() const override { return x_.cols(); }
  Index rows_together() const override { return together_; }
  void read(Index first, MatrixView part) const override {
    NF_CHECK(first % together_ == 0, "a part from row {}", first);
    for (Index r = 0; r < part.rows(); ++r)
      std::copy_n(x_.row(first + r), part.cols(), part.row(r));
  }

 private:
  ConstMatrixView x_;
  Index together_;
};

/// x̃ of a weight, or its local steps, made in parts of `parts` times the rows that belong together.
struct MadeInParts {
  MadeInParts(const Distortion& distortion, ConstMatrixView x, DistortionContext context,
              Index parts = 1) {
    const MatrixFiguresPtr figures = distortion.figures(HeldRows(x), context);
    context.figures = figures.get();
    const Index step = parts * distortion.rows_together(x.rows());
    const std::uint64_t element = context.first_element;
    distorted.resize(x.rows(), x.cols());
    if (distortion.has_steps()) steps.resize(x.rows(), x.cols());
    for (Index first = 0; first < x.rows(); first += step) {
      const Index count = std::min(step, x.rows() - first);
      const ConstMatrixView part = x.middle_rows(first, count);
      context.first_element = element + static_cast<std::uint64_t>(first * x.cols());
      clipped +=
          distortion.apply(part, context, distorted.view().middle_rows(first, count)).clipped;
      if (!steps.empty())
        distortion.local_step(part, context, steps.view().middle_rows(first, count));
    }
  }

  Matrix distorted, steps;
  Index clipped = 0;
};

}  // namespace nf
