#pragma once

#include <algorithm>
#include <vector>

#include "core/ops/gemm.h"
#include "tests/support/random_matrix.h"

namespace nf {

inline constexpr Epilogue kEpilogues[] = {Epilogue::store, Epilogue::add, Epilogue::relu};

/// Operands of one linear() with random values. x: [rows, k]  w: [n, k]  y: [rows, n]  bias: [n] or
/// empty.
struct LinearCase {
  Matrix x, w, y;
  std::vector<float> bias;
};

inline LinearCase make_case(Index rows, Index k, Index n, bool with_bias, std::uint64_t salt = 0) {
  LinearCase c{random_matrix(rows, k, 10 * salt + 1),
               random_matrix(n, k, 10 * salt + 2),
               random_matrix(rows, n, 10 * salt + 3),
               {}};
  const Matrix bias = random_matrix(1, n, 10 * salt + 4);
  if (with_bias) c.bias.assign(bias.data(), bias.data() + n);
  return c;
}

}  // namespace nf
