#include "eval/predict/row_figures.h"

namespace nf {
namespace {

/// The sites' row means lie beside the statistics, so that no pooled_figure() has them.
std::optional<double> energy_in_row_means(const ResultRow& row) {
  double means = 0.0, all = 0.0;
  for (const SiteStats& site : row.sites) {
    if (!site.predictor || !site.predictor->row_mean_energy) return std::nullopt;
    means += *site.predictor->row_mean_energy;
    all += stats_of(site).sum_d2;
  }
  return !row.failed() && all > 0.0 ? std::optional(means / all) : std::nullopt;
}

}  // namespace

void register_bias(PredictorRegistry& registry) {
  registry.add({.name = "bias",
                .formula = "share of Σδ² in the means of δ by output row or position",
                .source = "",
                .unit = "share",
                .make = of_row(energy_in_row_means)});
}

}  // namespace nf
