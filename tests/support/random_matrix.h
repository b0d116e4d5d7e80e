#pragma once

#include <cstdint>

#include "core/tensor/matrix.h"
#include "perturb/draws.h"

namespace nf {

/// Normal values times `sigma`, the same for the same `salt`.
inline Matrix random_matrix(Index rows, Index cols, std::uint64_t salt, float sigma = 1.0f) {
  Matrix x(rows, cols);
  draws_of("gaussian").fill(x.data(), x.size(), 0, 0x7465737473, salt);
  for (Index i = 0; i < x.size(); ++i) x.data()[i] *= sigma;
  return x;
}

}  // namespace nf
