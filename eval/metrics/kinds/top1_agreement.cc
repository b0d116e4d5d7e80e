#include "eval/metrics/metric_registry.h"

namespace nf {

void register_top1_agreement(MetricRegistry& registry) {
  registry.add({.name = "top1_agreement",
                .unit = "share of tokens",
                .summary = "how often baseline and trial have the same most probable next token",
                .higher_is_better = true,
                .position = 5,
                .value = [](const TextSums& text) {
                  return static_cast<double>(text.sums.top1) /
                         static_cast<double>(text.sums.tokens);
                }});
}

}  // namespace nf
