#include "eval/predict/row_figures.h"

namespace nf {

void register_kurtosis(PredictorRegistry& registry) {
  registry.add(
      {.name = "kurtosis",
       .formula = "m₄ / m₂² of δ about its mean",
       .source = "",
       .unit = "ratio",
       .make = of_row(pooled_figure([](const DistortionStats& all) { return all.kurtosis(); }))});
}

}  // namespace nf
