#include "eval/predict/row_figures.h"

namespace nf {

void register_clipped(PredictorRegistry& registry) {
  registry.add(
      {.name = "clipped",
       .formula = "share of values beyond the range of their grid",
       .source = "",
       .unit = "share",
       .make = of_row(pooled_figure([](const DistortionStats& all) { return all.clipped_rate(); },
                                    PooledNeeds::energies))});
}

}  // namespace nf
