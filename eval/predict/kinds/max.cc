#include "eval/predict/row_figures.h"

namespace nf {
namespace {

std::optional<double> largest_change(const SiteStats& site) {
  return has_all_stats(site) ? std::optional(stats_of(site).max_abs_d) : std::nullopt;
}

}  // namespace

void register_max(PredictorRegistry& registry) {
  registry.add({.name = "max",
                .formula = "max |δ|, of the site where it is largest",
                .source = "",
                .unit = "unit of x",
                .make = of_row(largest_figure(largest_change))});
}

}  // namespace nf
