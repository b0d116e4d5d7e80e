#include "eval/metrics/mean_metric.h"

namespace nf {

void register_top1_agreement(MetricRegistry& registry) {
  registry.add(mean_metric("top1_agreement", 5,
                           "how often baseline and trial have the same most probable next token"));
}

}  // namespace nf
