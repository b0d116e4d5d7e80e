#include "eval/tables/design_findings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "core/base/printable.h"
#include "eval/analysis/effect_group.h"
#include "eval/analysis/effects.h"
#include "eval/output/number_text.h"

namespace nf {
namespace {

constexpr double kLevel = 0.05;
constexpr std::size_t kMostNamed = 3;

/// Empty where there is no estimate of it.
std::string additivity_text(const std::vector<Effect>& effects, const std::string& factor) {
  for (const Effect& effect : effects) {
    if (effect.effect != kAdditivity || !effect.estimate) continue;
    const FigureEstimate& ratio = *effect.estimate;
    std::optional<double> low, high;
    if (ratio.interval) {
      low = ratio.interval->low;
      high = ratio.interval->high;
    }
    return fmt::format("alone, the {}s add up to {} of all together (KL)", factor,
                       interval_text(ratio.mean.mean, low, high, ratio.note));
  }
  return "";
}

/// Empty where no interaction has an estimate.
std::string interactions_text(const std::vector<Effect>& effects) {
  std::vector<const Effect*> real;
  const Effect* untested = nullptr;
  bool tested = false;
  for (const Effect& effect : effects) {
    if (effect.effect != kInteraction || !effect.estimate) continue;
    if (!effect.p_holm)
      untested = &effect;
    else
      tested = true;
    if (effect.p_holm && *effect.p_holm < kLevel) real.push_back(&effect);
  }
  if (!tested)
    return untested == nullptr
               ? ""
               : fmt::format("interactions not tested: {}", untested->estimate->note);
  if (real.empty()) return "no two of them interact measurably";
  std::stable_sort(real.begin(), real.end(), [](const Effect* a, const Effect* b) {
    return std::abs(a->estimate->mean.mean) > std::abs(b->estimate->mean.mean);
  });
  std::vector<std::string> named;
  for (std::size_t i = 0; i < std::min(real.size(), kMostNamed); ++i)
    named.push_back(fmt::format("{}+{} ({})", printable(real[i]->a), printable(real[i]->b),
                                signed_figure(real[i]->estimate->mean.mean)));
  return fmt::format(
      "interact: {}{}", fmt::join(named, ", "),
      real.size() > kMostNamed ? fmt::format(" and {} more", real.size() - kMostNamed) : "");
}

/// The reason why nothing can be said of the levels together.
std::string why_nothing(const EffectGroup& group, const std::vector<Effect>& effects) {
  for (const Effect& effect : effects)
    if (!effect.estimate && !effect.note.empty()) return "effects not known: " + effect.note;
  return group.key.design.kind == "factorial" ? "main effects alone, in effects.csv"
                                              : "effects not known: some of its trials are missing";
}

}  // namespace

std::vector<Finding> design_findings(const ModelLines& model, const std::vector<RowKey>& keys) {
  std::vector<Finding> findings;
  // There is no KL of questions alone.
  if (model.baseline == nullptr || model.baseline->text.sums.tokens == 0) return findings;
  for (const EffectGroup& group : effect_groups(model, keys)) {
    const std::vector<Effect> effects = effects_of(group, kl_figure());
    Finding& finding = findings.emplace_back(Finding{.label = condition_text(group.key)});
    for (const std::string& line :
         {additivity_text(effects, group.key.design.factor), interactions_text(effects)})
      if (!line.empty()) finding.lines.push_back(line);
    if (finding.lines.empty()) finding.lines.push_back(why_nothing(group, effects));
  }
  return findings;
}

}  // namespace nf
