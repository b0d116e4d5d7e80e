#pragma once

#include <vector>

#include "core/tensor/symmetric_matrix.h"

namespace nf {

/// Orthonormal directions: the k of [k, n], row after row.
struct Directions {
  Index count = 0, size = 0;
  std::vector<double> values{};

  const double* operator[](Index i) const { return values.data() + i * size; }
};

/// The k leading eigenvectors of a symmetric matrix [n, n] without negative eigenvalues; all of
/// them where k >= n. Subspace iteration with a Chebyshev filter and Rayleigh-Ritz (Saad, Numerical
/// Methods for Large Eigenvalue Problems, 2nd ed., chapters 5 and 7; Zhou, Saad, Tiago and
/// Chelikowsky, J. Comput. Phys. 219, 2006) from a start that is always the same. The projector on
/// them is within 1e-6 wherever eigenvalues k and k + 1 differ by more than a share of 1e-4 or so;
/// where they are equal any choice among theirs is one.
Directions top_directions(const SymmetricMatrix& matrix, Index k);

}  // namespace nf
