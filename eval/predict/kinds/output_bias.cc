#include "eval/predict/row_figures.h"

namespace nf {
namespace {

/// 0 where the outputs do not change at all: then nothing of them is bias.
std::optional<double> share_of_bias(const SiteStats& site) {
  if (!site.predictor || !site.predictor->outputs) return std::nullopt;
  const OutputSums& outputs = *site.predictor->outputs;
  return outputs.error > 0.0 ? outputs.bias / outputs.error : 0.0;
}

}  // namespace

void register_output_bias(PredictorRegistry& registry) {
  registry.add({.name = "output_bias",
                .formula = "Σ_sites ‖δ·E[x]‖² / E‖δx‖²",
                .source = "arXiv 1906.04721",
                .unit = "ratio",
                .make = of_row(summed_figure(share_of_bias))});
}

}  // namespace nf
