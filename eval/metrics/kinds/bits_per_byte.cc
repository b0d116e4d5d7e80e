#include <limits>
#include <numbers>

#include "eval/metrics/metric_registry.h"

namespace nf {

/// Unlike nats per token it can be compared between tokenizers. The Pile, arXiv 2101.00027, section
/// 3.1: (L_T / L_B)·ℓ / ln 2 with L_T tokens, L_B bytes and the mean nll ℓ; here L_T·ℓ is the sum
/// over the scored tokens and L_B counts the UTF-8 bytes that just these stand for.
void register_bits_per_byte(MetricRegistry& registry) {
  registry.add({.name = "bits_per_byte",
                .unit = "bits per byte",
                .summary = "negative log-likelihood of the scored tokens, per byte of their text",
                .higher_is_better = false,
                .position = 6,
                .value = [](const TextSums& text) {
                  if (text.bytes <= 0) return std::numeric_limits<double>::quiet_NaN();
                  return text.sums.nll / std::numbers::ln2 / static_cast<double>(text.bytes);
                }});
}

}  // namespace nf
