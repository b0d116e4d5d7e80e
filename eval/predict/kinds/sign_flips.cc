#include "eval/predict/row_figures.h"

namespace nf {

void register_sign_flips(PredictorRegistry& registry) {
  registry.add({.name = "sign_flips",
                .formula = "share of values with x·x̃ < 0",
                .source = "",
                .unit = "share",
                .make = of_row(pooled_figure(
                    [](const DistortionStats& all) { return all.sign_flip_rate(); }))});
}

}  // namespace nf
