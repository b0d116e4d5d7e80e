#pragma once

#include <utility>
#include <vector>

#include "core/tensor/matrix.h"

namespace nf {

/// What δ does to the outputs of linears, token by token and output by output, in double.
struct ReferenceOutputs {
  double error = 0.0;   ///< Σ_t ‖change of the outputs‖²
  double output = 0.0;  ///< Σ_t ‖outputs‖²
  double bias = 0.0;    ///< T·‖mean of the change‖²
};
/// Of a weight [out, in] and what was made of it, on x [T, in].
ReferenceOutputs reference_outputs(ConstMatrixView weight, ConstMatrixView made, ConstMatrixView x);
/// Of inputs x [T, in] and what was made of them, by the linears that read them.
ReferenceOutputs reference_outputs(const std::vector<Matrix>& readers, ConstMatrixView x,
                                   ConstMatrixView made);

/// Σ n·(mean of δ)² over rows of n values.
double reference_row_mean_energy(ConstMatrixView x, ConstMatrixView made);

/// 12·(2^b − 1)²·C·A (arXiv 2603.04359) from ranges: of the rows of one operand of XWᵀ, which is
/// rounded to b bits row by row. rounded: [rows, in]  other: [rows', in]
double reference_expected_snr(ConstMatrixView rounded, ConstMatrixView other, int bits);

/// Figures of all values at some sites together: x and x̃ of each.
struct ReferencePooled {
  double snr_db, cosine, kurtosis, bias, gain, correlation, energy_on_small, sign_flips;
};
using ReferenceSites = std::vector<std::pair<Matrix, Matrix>>;
ReferencePooled reference_pooled(const ReferenceSites& sites);

}  // namespace nf
