#include "eval/predict/row_figures.h"

namespace nf {
namespace {

std::optional<double> expected_error(const SiteStats& site) {
  if (!site.predictor || !site.predictor->outputs) return std::nullopt;
  const std::optional<double>& snr = site.predictor->outputs->expected_snr;
  return snr && *snr > 0.0 ? std::optional(1.0 / *snr) : std::nullopt;
}

}  // namespace

void register_concentration_alignment(PredictorRegistry& registry) {
  registry.add({.name = "concentration_alignment",
                .formula = "Σ_sites 1 / (12·(2^b − 1)²·C·A); uniform quantizers only",
                .source = "arXiv 2603.04359",
                .unit = "ratio",
                .make = of_row(summed_figure(expected_error))});
}

}  // namespace nf
