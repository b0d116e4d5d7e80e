#include "eval/predict/row_figures.h"

namespace nf {
namespace {

std::optional<double> squared_ratio(const SiteStats& site) {
  if (!(site.stats.sum_x2 > 0.0)) return std::nullopt;
  return site.stats.sum_d2 / site.stats.sum_x2;
}

}  // namespace

void register_relative_l2(PredictorRegistry& registry) {
  registry.add({.name = "relative_l2",
                .formula = "Σ_sites t², t = ‖δ‖ / ‖x‖",
                .source = "arXiv 2411.17525",
                .unit = "ratio",
                .make = of_row(summed_figure(squared_ratio))});
}

}  // namespace nf
