#include "eval/metrics/kl_tail.h"

#include <algorithm>
#include <utility>

namespace nf {

void KlTail::add(double kl) {
  histogram.add(kl);
  max = std::max(max, kl);
}

void KlTail::add(const KlTail& more) {
  histogram.add(more.histogram);
  max = std::max(max, more.max);
}

PackedKlTail PackedKlTail::of(const KlTail& tail) { return {tail.histogram.packed(), tail.max}; }

std::optional<KlTail> PackedKlTail::unpacked() const {
  std::optional<KlHistogram> histogram = KlHistogram::unpacked(bins);
  if (!histogram) return std::nullopt;
  return KlTail{std::move(*histogram), max};
}

}  // namespace nf
