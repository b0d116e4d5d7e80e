#pragma once

#include <optional>

#include "core/base/types.h"
#include "perturb/distortion_stats.h"

namespace nf {

/// The parts of what a linear makes of a calibration set (X [T, in], of the untouched model) that δ
/// of one of its tensors changes. S = Σ x·xᵀ over the tokens, μ = Σ x / T.
struct OutputSums {
  Index tokens = 0, windows = 0;  ///< of the set
  double error = 0.0;  ///< of a weight tr(δ·S·δᵀ) = Σ‖δx‖²; of an input Σ‖Wδ‖², by its linears
  double output = 0.0;  ///< tr(W·S·Wᵀ) = Σ‖Wx‖², over the same tokens
  double bias = 0.0;    ///< of a weight T·‖δ·μ‖²; of an input T·‖W·mean δ‖²
  /// The signal-to-noise ratio (of powers) that a uniform quantizer of those bits is expected to
  /// have at this linear, 12·(2^b − 1)²·(C(x) ∥ C(W))·A (arXiv 2603.04359); none for any other δ.
  std::optional<double> expected_snr{};
};

/// Sums that predictors need of one site besides DistortionStats (`predict:`). They are made once a
/// run, with the statistics of weights, and say nothing of the evaluated text. Of inputs and states
/// nothing is known without a calibration set, of states and the embedding nothing of outputs.
struct PredictorSums {
  /// Σ n·(mean of δ)² over the rows of n values: output rows of a weight, positions of an input.
  std::optional<double> row_mean_energy{};
  std::optional<OutputSums> outputs{};
  /// Statistics of an input's δ on the first windows of the calibration set, which row_mean_energy
  /// and outputs are of too. None of a weight.
  std::optional<DistortionStats> on_calibration{};
};

}  // namespace nf
