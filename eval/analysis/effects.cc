#include "eval/analysis/effects.h"

#include "eval/analysis/factorial_effects.h"
#include "eval/analysis/pairs_effects.h"
#include "eval/stats/confidence_sequence.h"
#include "eval/stats/multiple_testing.h"

namespace nf {
namespace {

/// The greatest p whose interval, made as the estimate's own, still holds 0.
std::optional<double> p_of(const FigureEstimate& estimate) {
  if (!estimate.interval) return std::nullopt;
  if (!estimate.stops) return p_value(estimate.mean);
  const BlockSums blocks = add_rows(estimate.seeds);
  return p_value([&](double tail) {
    const double half = kl_sequence_halfwidth(blocks, 2.0 * tail);
    return with_seeds({estimate.mean.mean - half, estimate.mean.mean + half}, estimate.mean, tail);
  });
}

void add_tests(std::vector<Effect>& effects) {
  std::vector<Effect*> tested;
  std::vector<double> p;
  for (Effect& effect : effects) {
    if (effect.effect != kInteraction || !effect.estimate) continue;
    effect.p = p_of(*effect.estimate);
    if (!effect.p) continue;
    tested.push_back(&effect);
    p.push_back(*effect.p);
  }
  const std::vector<double> holm = holm_adjusted(p);
  for (std::size_t i = 0; i < tested.size(); ++i) tested[i]->p_holm = holm[i];
}

}  // namespace

std::vector<Effect> effects_of(const EffectGroup& group, const Figure& figure) {
  std::vector<Effect> effects = group.key.design.kind == "factorial"
                                    ? factorial_effects(group, figure)
                                    : pairs_effects(group, figure);
  add_tests(effects);
  return effects;
}

}  // namespace nf
