#pragma once

#include <optional>

#include "core/tensor/matrix.h"
#include "quant/gptq_moment.h"

namespace nf {

/// GPTQ's feedback from column to column, of H + damping·mean(diag H)·I. [in, at least in], the
/// part below the diagonal alone: L(j, k), k < j, is the share of column k's error that column j
/// takes over,
///     w'_j = w_j + Σ_{k<j} (w_k − q_k)·L(j, k)
/// with w the weight itself, not as compensated. Nullopt where the factorisation fails: H is not
/// positive definite as far as its arithmetic can tell.
///
/// It is the algorithm of arXiv 2210.17323 in other words. The authors subtract e_k·U_kj with
/// e_k = (w'_k − q_k)/U_kk, U the upper Cholesky factor of H⁻¹, H⁻¹ = UᵀU. With the reversed
/// factorisation H = LᵀDL, L unit lower triangular, U is D^(-1/2)·L^(-T); so the errors of all
/// columns, E = (W − Q)·Lᵀ, need no inverse: one factorisation, in³/3 multiplications and
/// additions, in the place of a Cholesky, an inverse and a second Cholesky.
///
/// Blocks of the diagonal are factored in double; the products between blocks are in f32, added up
/// in double every 512 terms. Shared out among the threads, whose number changes no bit.
std::optional<Matrix> gptq_feedback(const GptqMoment& h, double damping);

}  // namespace nf
