#include <vector>

#include "eval/predict/coverage_law.h"
#include "eval/predict/predictor.h"

namespace nf {
namespace {

/// Where the law does not hold there is no figure.
RowPredictor fitted(const PredictorEvidence& evidence) {
  std::vector<const ResultRow*> noise;
  for (const ResultRow* row : evidence.training)
    if (is_sized_noise(row->key)) noise.push_back(row);
  const std::optional<CoverageLaw> law = CoverageLaw::fit(noise);
  if (!law) return [](const ResultRow&) { return std::nullopt; };
  return [law = *law](const ResultRow& row) { return law.exponent(row); };
}

}  // namespace

void register_coverage(PredictorRegistry& registry) {
  registry.add({.name = "coverage",
                .formula = "Σ_parts −ln(1 − a), a = KL/c of noise in that part alone (each), "
                           "−ln(1 − a) growing as t²",
                .source = "arXiv 2607.12266",
                .unit = "nats",
                .fitted = true,
                .make = fitted});
}

}  // namespace nf
