#pragma once

#include "core/base/types.h"

namespace nf {

/// Σ x² of a run of values that comes in pieces: the bits of NoiseKernels::sum_squares over the
/// whole run, wherever it is cut.
class RunningSquares {
 public:
  /// The next n values of the run.
  void add(const float* x, Index n);
  double total() const;

 private:
  static constexpr Index kPartialSums = 16;  ///< interleaved, as the kernels have them

  double partial_[kPartialSums] = {};
  Index next_ = 0;  ///< partial sum of the next value
};

}  // namespace nf
