#pragma once

#include <cstdint>
#include <vector>

#include "tests/support/random_matrix.h"

namespace nf {

/// Inputs that have some large features: `first` and every `step`-th behind it are `factor` times
/// as large as the others.
struct LargeFeatures {
  Index first = 0;
  Index step = 1;
  float factor = 1.0f;

  /// Two windows of 24 tokens, [24, features] each.
  std::vector<Matrix> windows(Index features, std::uint64_t salt) const {
    std::vector<Matrix> windows;
    for (const Index tokens : {24, 24}) {
      Matrix& x = windows.emplace_back(random_matrix(tokens, features, salt++));
      for (Index t = 0; t < tokens; ++t)
        for (Index c = first; c < features; c += step) x(t, c) *= factor;
    }
    return windows;
  }
};

}  // namespace nf
