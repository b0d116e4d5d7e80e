#pragma once

#include <vector>

#include "perturb/input_statistics.h"

namespace nf {

/// The scales of SmoothQuant (arXiv 2211.10438, eq. 4; smoothquant, smooth.py), which move the
/// difficulty of an input x with outliers to the weights: [in], all in f32 in their order,
///     s_j = max(a_j^α / m_j^(1−α), 1e-5), a_j = max|x_j|, m_j = max(max|w_j|, 1e-5).
/// inputs: with `ranges` and `weight_ranges`  alpha: 0 to 1
std::vector<float> smoothquant_scale(const InputStatistics& inputs, double alpha);

}  // namespace nf
