#pragma once

#include "core/tensor/symmetric_matrix.h"
#include "core/tensor/view.h"

namespace nf {

/// sums ← sums + Σ_t x_t·x_tᵀ. x: [T, in], finite  sums: [in, in]
///
/// Products of 512 rows in f32, at the speed of a matrix product, are added up in double. The bits
/// are the same for any number of threads: tiles of rows come in order, and each value of `sums` is
/// touched by one product of a tile.
void add_outer_products(ConstMatrixView x, SymmetricMatrix& sums);

}  // namespace nf
