#pragma once

#include <vector>

#include "core/base/types.h"

namespace nf {

/// Eigenvalues of a small symmetric matrix, largest first, and its eigenvectors.
struct SmallEigen {
  std::vector<double> values;   ///< [n]
  std::vector<double> vectors;  ///< [n, n] column j is the vector of value j
};

/// Cyclic Jacobi (Golub and Van Loan, Matrix Computations, 4th ed., section 8.5), to the last bits
/// and always in one order. matrix: [n, n], both triangles
SmallEigen small_eigen(std::vector<double> matrix, Index n);

}  // namespace nf
