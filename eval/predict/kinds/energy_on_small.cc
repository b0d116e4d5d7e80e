#include "eval/predict/row_figures.h"

namespace nf {

void register_energy_on_small(PredictorRegistry& registry) {
  registry.add({.name = "energy_on_small",
                .formula = "share of Σδ² on |x| below the median",
                .source = "arXiv 2403.06408",
                .unit = "share",
                .make = of_row(pooled_figure(
                    [](const DistortionStats& all) { return all.energy_on_small(); }))});
}

}  // namespace nf
