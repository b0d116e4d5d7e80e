#include "eval/predict/doses.h"
#include "eval/results/kl_per_r2.h"

namespace nf {
namespace {

RowPredictor curvature(const PredictorEvidence& evidence) {
  return [small = SmallDoses(evidence.rows)](const ResultRow& row) -> std::optional<double> {
    const std::vector<DosedRow> doses = small.below(row);
    if (doses.empty()) return std::nullopt;
    const std::optional<double> kl = kl_of(*doses.front().row);
    return kl ? std::optional(*kl / (doses.front().dose * doses.front().dose)) : std::nullopt;
  };
}

}  // namespace

void register_curvature(PredictorRegistry& registry) {
  registry.add({.name = "curvature",
                .formula = "KL / t² at the smallest of the trial's own doses t below 1",
                .source = "",
                .unit = "nats",
                .make = curvature});
}

}  // namespace nf
