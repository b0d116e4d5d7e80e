#include "eval/predict/row_figures.h"

namespace nf {
namespace {

std::optional<double> squared_ratio(const SiteStats& site) {
  const DistortionStats& stats = stats_of(site);
  return stats.sum_x2 > 0.0 ? std::optional(stats.sum_d2 / stats.sum_x2) : std::nullopt;
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
