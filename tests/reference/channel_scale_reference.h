#pragma once

#include <functional>
#include <vector>

#include "core/tensor/matrix.h"
#include "tests/reference/quantizer_reference.h"

namespace nf::reference {

/// The scales of SmoothQuant by their formula (arXiv 2211.10438, eq. 4), in double. windows: [T,
/// in] each  weights: [out, in], all that read the tensor
std::vector<double> smoothquant_scale(const std::vector<Matrix>& windows,
                                      const std::vector<Matrix>& weights, double alpha);

/// The scales of AWQ for one ratio (arXiv 2306.00978; llm-awq, auto_scale.py), in double.
std::vector<double> awq_scale(const std::vector<Matrix>& windows, double ratio);

/// Q(W·diag(s))·diag(1/s).
Matrix quantized_in_scale(const Quantizer& quantizer, ConstMatrixView weight,
                          const std::vector<double>& scale);

/// AWQ's losses at ratios 0, 1/steps, ..., (steps − 1)/steps. loss: of the candidates for `weights`
std::vector<double> awq_losses(
    Index steps, const Quantizer& quantizer, const std::vector<Matrix>& windows,
    const std::vector<Matrix>& weights,
    const std::function<double(const std::vector<Matrix>& candidates)>& loss);

}  // namespace nf::reference
