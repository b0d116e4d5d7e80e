#include "eval/predict/row_figures.h"

namespace nf {

void register_correlation(PredictorRegistry& registry) {
  registry.add({.name = "correlation",
                .formula = "correlation of |δ| and |x|",
                .source = "arXiv 2403.06408",
                .unit = "ratio",
                .make = of_row(pooled_figure(
                    [](const DistortionStats& all) { return all.size_correlation(); }))});
}

}  // namespace nf
