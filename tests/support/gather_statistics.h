#pragma once

#include <vector>

#include "core/tensor/matrix.h"
#include "perturb/input_accumulator.h"

namespace nf {

/// Statistics of the inputs that lie in these windows, [T, in] each. weights: of the linears that
/// read them, [out, in] each.
inline InputStatisticsPtr gather_statistics(const InputNeeds& needs,
                                            const std::vector<Matrix>& windows,
                                            const std::vector<Matrix>& weights = {}) {
  CalibrationSize size{.tokens = 0, .windows = std::ssize(windows)};
  for (const Matrix& window : windows) size.tokens += window.rows();
  InputAccumulator accumulator(needs, windows.front().cols(), size);
  for (Index w = 0; w < size.windows; ++w) accumulator.add(w, windows[static_cast<std::size_t>(w)]);
  for (const Matrix& weight : weights) accumulator.add_weight(weight);
  return std::move(accumulator).finish();
}

}  // namespace nf
