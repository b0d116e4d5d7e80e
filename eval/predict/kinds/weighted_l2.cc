#include <vector>

#include "eval/predict/additive_law.h"
#include "eval/predict/predictor.h"

namespace nf {
namespace {

RowPredictor fitted(const PredictorEvidence& evidence) {
  std::vector<const ResultRow*> noise;
  for (const ResultRow* row : evidence.training)
    if (is_noise_of_each(row->key)) noise.push_back(row);
  const std::optional<AdditiveLaw> law = AdditiveLaw::fit(noise);
  if (!law) return [](const ResultRow&) { return std::nullopt; };
  return [law = *law](const ResultRow& row) { return law.predict(row); };
}

}  // namespace

void register_weighted_l2(PredictorRegistry& registry) {
  registry.add({.name = "weighted_l2",
                .formula = "Σ_parts α·t², α = KL/t² of noise in that part alone (each)",
                .source = "arXiv 2411.17525",
                .unit = "nats",
                .fitted = true,
                .make = fitted});
}

}  // namespace nf
