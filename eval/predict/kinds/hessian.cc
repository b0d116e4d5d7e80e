#include "eval/predict/row_figures.h"

namespace nf {
namespace {

std::optional<double> second_order_error(const SiteStats& site) {
  if (!site.predictor || !site.predictor->outputs) return std::nullopt;
  const OutputSums& outputs = *site.predictor->outputs;
  if (outputs.windows == 0) return std::nullopt;
  return 2.0 / static_cast<double>(outputs.windows) * outputs.error;
}

}  // namespace

void register_hessian(PredictorRegistry& registry) {
  registry.add({.name = "hessian",
                .formula = "Σ_sites tr δHδᵀ, H = (2/n)·Σ xxᵀ over n windows",
                .source = "arXiv 2210.17323",
                .unit = "unit of the outputs, squared",
                .make = of_row(summed_figure(second_order_error))});
}

}  // namespace nf
