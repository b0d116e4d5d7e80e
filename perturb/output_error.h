#pragma once

#include "core/tensor/symmetric_matrix.h"
#include "core/tensor/view.h"

namespace nf {

/// ‖X·δᵀ‖², the squared error of a linear's outputs over all tokens and outputs, as the sum over
/// rows of δ_r·M·δ_rᵀ. delta: [out, in], x̃ − x of the weight  second_moment: [in, in] M = Σ x·xᵀ
///
/// Products of tiles are made in f32, at the speed of a matrix product, and added up in double.
/// Shares its work out among the threads; the bits do not depend on them.
double output_error(ConstMatrixView delta, const SymmetricMatrix& second_moment);

}  // namespace nf
