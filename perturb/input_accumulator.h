#pragma once

#include <vector>

#include "core/tensor/view.h"
#include "perturb/input_statistics.h"

namespace nf {

/// Gathers the statistics of one tensor, a window at a time. Not thread-safe: one belongs to one
/// tensor of one lane, and shares out its own work among the threads.
///
/// Windows come in the order of the set, and everything is summed in that order. The bits so depend
/// on x alone: not on how windows travelled in batches or stages, nor on threads. A tree of
/// windows, as site statistics have it, would let windows come in any order, but would hold as many
/// second moments as it is deep (of 11008 features 0.5 GB each).
class InputAccumulator {
 public:
  /// in: features of the tensor. size: of the whole calibration set, which decides the rows of the
  /// sample.
  InputAccumulator(const InputNeeds& needs, Index in, const CalibrationSize& size);

  /// The next window of the set. window: its number there  x: [T, in], finite
  void add(Index window, ConstMatrixView x);
  /// A linear that reads the tensor, or some of its rows, in any order. weight: [out, in], of the
  /// checkpoint
  void add_weight(ConstMatrixView weight);
  /// The statistics, once all windows of the set, and all weights where asked for, were there.
  InputStatisticsPtr finish() &&;

 private:
  void add_ranges(ConstMatrixView x);
  void add_sample(ConstMatrixView x);
  void add_first(ConstMatrixView x);

  InputNeeds needs_;
  InputStatistics statistics_;
  CalibrationSize seen_;
  std::vector<float> first_;  ///< rows of the first windows so far
  bool seen_weight_ = false;
};

}  // namespace nf
