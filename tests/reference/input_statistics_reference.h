#pragma once

#include <vector>

#include "core/tensor/matrix.h"
#include "tests/support/tensor_near.h"

namespace nf {

/// Statistics of inputs by their definitions: all windows one below the other, in double.
struct ReferenceInputStatistics {
  std::vector<double> max_abs, lowest, highest;   ///< [in]
  std::vector<double> sum, sum_abs, sum_squares;  ///< [in]
  RowMatrix second_moment;                        ///< [in, in]
  RowMatrix abs_second_moment;                    ///< [in, in] Σ |x|·|x|ᵀ
  RowMatrix sample;                               ///< [S, in]
  std::vector<double> max_abs_weight;             ///< [in]
};
/// windows: [T, in] each  weights: [out, in] each, at least one
ReferenceInputStatistics reference_input_statistics(const std::vector<Matrix>& windows,
                                                    const std::vector<Matrix>& weights);

}  // namespace nf
