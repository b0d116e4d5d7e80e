#include <map>

#include "eval/predict/predictor.h"

namespace nf {
namespace {

/// Over the windows that the row has. The untouched model's states are in the baseline's record.
RowPredictor relative_error(const PredictorEvidence& evidence) {
  std::map<Index, double> untouched;  // Σ‖h‖² by window
  if (evidence.baseline != nullptr)
    for (const WindowSums& window : evidence.baseline->windows)
      if (!window.sums.lacks_residual) untouched.emplace(window.window, window.sums.residual);
  return [untouched](const ResultRow& row) -> std::optional<double> {
    if (row.failed() || row.sites.empty()) return std::nullopt;
    double error = 0.0, whole = 0.0;
    for (const WindowSums& window : row.windows) {
      const auto known = untouched.find(window.window);
      if (window.sums.lacks_residual_error || known == untouched.end()) return std::nullopt;
      error += window.sums.residual_error;
      whole += known->second;
    }
    return whole > 0.0 ? std::optional(error / whole) : std::nullopt;
  };
}

}  // namespace

void register_residual_error(PredictorRegistry& registry) {
  registry.add({.name = "residual_error",
                .formula = "‖h − h̃‖² / ‖h‖² behind the last block, at scored tokens",
                .source = "",
                .unit = "ratio",
                .measured = true,
                .make = relative_error});
}

}  // namespace nf
