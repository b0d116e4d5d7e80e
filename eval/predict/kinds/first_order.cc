#include "eval/predict/doses.h"
#include "eval/results/figures.h"

namespace nf {
namespace {

/// ΔNLL over the windows that the row has.
std::optional<double> rise_of(const ResultRow& row, const ResultRow& baseline) {
  return row.failed() ? std::nullopt : figure_mean(delta_nll_figure(), {&row}, &baseline);
}

/// The slope at 0 of the parabola through 0 and the two smallest doses, or of the line to the only
/// one.
RowPredictor slope(const PredictorEvidence& evidence) {
  return [baseline = evidence.baseline,
          small = SmallDoses(evidence.rows)](const ResultRow& row) -> std::optional<double> {
    if (baseline == nullptr) return std::nullopt;
    const std::vector<DosedRow> doses = small.below(row);
    if (doses.empty()) return std::nullopt;
    std::vector<double> t, rise;
    for (const DosedRow& dosed : doses) {
      const std::optional<double> own = rise_of(*dosed.row, *baseline);
      if (!own) return std::nullopt;
      t.push_back(dosed.dose);
      rise.push_back(*own);
    }
    if (t.size() == 1) return rise[0] / t[0];
    return (rise[0] * t[1] / t[0] - rise[1] * t[0] / t[1]) / (t[1] - t[0]);
  };
}

}  // namespace

void register_first_order(PredictorRegistry& registry) {
  registry.add({.name = "first_order",
                .formula = "slope of ΔNLL at dose 0, from the trial's own doses below 1",
                .source = "arXiv 2503.01901",
                .unit = "nats",
                .make = slope});
}

}  // namespace nf
