#include <cmath>

#include "eval/predict/row_figures.h"

namespace nf {

/// The part of δ that makes x longer or shorter: what a better scale would take away.
void register_gain(PredictorRegistry& registry) {
  registry.add({.name = "gain",
                .formula = "|⟨δ, x⟩| / ⟨x, x⟩",
                .source = "",
                .unit = "ratio",
                .make = of_row(pooled_figure([](const DistortionStats& all) {
                  return std::abs(all.sum_xy - all.sum_x2) / all.sum_x2;
                }))});
}

}  // namespace nf
