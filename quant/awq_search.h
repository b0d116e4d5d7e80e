#pragma once

#include <vector>

#include "perturb/distortion.h"

namespace nf {

/// Scales that AWQ found for the inputs of some linears.
struct AwqChoice final : TensorChoice {
  double ratio = 0.0;          ///< r of `scale`, 0 to 1
  std::vector<float> scale;    ///< [in] s
  std::vector<double> losses;  ///< of all ratios tried, in their order
};

/// The scales of AWQ (arXiv 2306.00978, section 3.2; llm-awq, auto_scale.py) for a ratio r: [in],
/// in f32,
///     t_j = max(x̄_j^r, 1e-4), s_j = t_j/√(max t · min t), x̄ = mean |x|.
/// inputs: with `ranges`
std::vector<float> awq_scale(const InputStatistics& inputs, double ratio);

/// Tries r = 0, 1/steps, ..., (steps − 1)/steps for the linears of one tensor together; the first
/// of the smallest losses wins. The loss of s is the mean squared error of outputs on the
/// calibration set with W̃ = Q(W·diag(s))·diag(1/s), Q = `rounding`: to nearest from minimum to
/// maximum, whatever range the entry has, as the authors' code does, which clips afterwards:
/// - at the output of the sub-layer where several linears of the model read the tensor; where
///   these are of both sub-layers of a block side by side, the sum of both errors
/// - at the linear's own output where it reads the tensor alone
/// context: with `ranges`, and a replay and `second_moment` as the linears need them
std::shared_ptr<const AwqChoice> search_awq_scale(Index steps, const Distortion& rounding,
                                                  const TensorReaders& readers,
                                                  const DistortionContext& context);

}  // namespace nf
