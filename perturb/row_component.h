#pragma once

#include <cmath>

#include "core/base/types.h"

namespace nf {

/// delta −= ⟨delta, direction⟩/⟨direction, direction⟩ · direction: [n] each, sums in their order. A
/// direction of length 0 leaves delta.
template <class Value>
void remove_component(const Value* direction, Index n, double* delta) {
  double along = 0.0, length = 0.0;
  for (Index i = 0; i < n; ++i) {
    const auto v = static_cast<double>(direction[i]);
    along += delta[i] * v;
    length += v * v;
  }
  if (length == 0.0) return;
  const double share = along / length;
  for (Index i = 0; i < n; ++i) delta[i] -= share * static_cast<double>(direction[i]);
}

}  // namespace nf
