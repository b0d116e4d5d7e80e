#include "eval/predict/row_figures.h"

namespace nf {

void register_snr_db(PredictorRegistry& registry) {
  registry.add(
      {.name = "snr_db",
       .formula = "10·log10(Σx² / Σδ²)",
       .source = "",
       .unit = "dB",
       .falls_with_damage = true,
       .make = of_row(pooled_figure([](const DistortionStats& all) { return all.sqnr_db(); },
                                    PooledNeeds::energies))});
}

}  // namespace nf
