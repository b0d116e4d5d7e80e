#include "eval/predict/row_figures.h"

namespace nf {
namespace {

std::optional<double> relative_error(const SiteStats& site) {
  if (!site.predictor || !site.predictor->outputs) return std::nullopt;
  const OutputSums& outputs = *site.predictor->outputs;
  return outputs.output > 0.0 ? std::optional(outputs.error / outputs.output) : std::nullopt;
}

}  // namespace

void register_output_error(PredictorRegistry& registry) {
  registry.add({.name = "output_error",
                .formula = "Σ_sites ‖Xδᵀ‖² / ‖XWᵀ‖²; of inputs ‖δWᵀ‖² / ‖XWᵀ‖²",
                .source = "arXiv 2210.17323",
                .unit = "ratio",
                .make = of_row(summed_figure(relative_error))});
}

}  // namespace nf
