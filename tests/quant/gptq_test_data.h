#pragma once

#include "tests/quant/quantizer_test_data.h"
#include "tests/support/gather_statistics.h"

namespace nf {

/// Inputs as a linear meets them: neighbouring features are correlated, every fifth is ten times as
/// large, and feature 3 is always 0.
inline Matrix correlated_inputs(Index tokens, Index in, unsigned seed) {
  Matrix x = bell_matrix(tokens, in, seed);
  for (Index t = 0; t < tokens; ++t) {
    for (Index c = 1; c < in; ++c) x(t, c) = 0.7f * x(t, c) + 0.6f * x(t, c - 1);
    for (Index c = 0; c < in; c += 5) x(t, c) *= 10.0f;
    if (in > 3) x(t, 3) = 0.0f;
  }
  return x;
}

/// Everything a quantizer may ask for, of two windows of such inputs.
inline InputStatisticsPtr correlated_statistics(Index in, unsigned seed = 3) {
  std::vector<Matrix> windows;
  for (const unsigned part : {0u, 1u})
    windows.push_back(correlated_inputs(in + 5, in, seed + part));
  return gather_statistics({.second_moment = true, .sample = true}, windows);
}

/// ‖X·(a − b)ᵀ‖² by the second moment of X.
inline double output_error(ConstMatrixView a, ConstMatrixView b, const SymmetricMatrix& sums) {
  double total = 0.0;
  for (Index r = 0; r < a.rows(); ++r) {
    for (Index i = 0; i < a.cols(); ++i) {
      const double error = static_cast<double>(a(r, i)) - static_cast<double>(b(r, i));
      if (error == 0.0) continue;
      for (Index j = 0; j < a.cols(); ++j)
        total += error * sums(i, j) * (static_cast<double>(a(r, j)) - static_cast<double>(b(r, j)));
    }
  }
  return total;
}

}  // namespace nf
