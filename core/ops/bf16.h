#pragma once

/// Rounding to bf16: the upper half of an f32, to the nearest, ties to even.

#include <cstdint>

#include "core/ops/gemm.h"
#include "core/simd/dispatch.h"
#include "core/tensor/matrix.h"

namespace nf {

struct Bf16Kernels {
  /// out[i] = x[i] rounded, for n values. A NaN stays one (quiet), what is beyond the largest bf16
  /// becomes infinite.
  void (*round)(const float* x, Index n, std::uint16_t* out);
};
NF_DECLARE_KERNELS(Bf16Kernels, bf16_kernels)

/// Rounds x into `storage`, which holds the result: [rows, x.cols()] without gaps. Rows beyond x's
/// are zeros.
Bf16View round_rows(ConstMatrixView x, Index rows, Matrix& storage);

/// Rounds x into words of two neighbours each, the last one of an odd row beside a zero.
/// words: [x.rows(), x.cols() / 2 rounded up]
void round_to_words(ConstMatrixView x, Matrix& words);

}  // namespace nf
