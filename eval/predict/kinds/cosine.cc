#include "eval/predict/row_figures.h"

namespace nf {

void register_cosine(PredictorRegistry& registry) {
  registry.add(
      {.name = "cosine",
       .formula = "⟨x, x̃⟩ / (‖x‖·‖x̃‖)",
       .source = "",
       .unit = "ratio",
       .falls_with_damage = true,
       .make = of_row(pooled_figure([](const DistortionStats& all) { return all.cosine(); }))});
}

}  // namespace nf
