#pragma once

/// Rows in 8 bits: codes from -127 to 127 and a scale each, as the symmetric uniform quantizer of 8
/// bits has them: scale = max(max|x| / 127, 1e-10), code = round(x / scale), half to even.

#include <cstdint>
#include <vector>

#include "core/ops/gemm.h"
#include "core/simd/dispatch.h"
#include "core/tensor/matrix.h"

namespace nf {

struct Int8Kernels {
  /// The scale of n values; NaN where one of them is a NaN or infinite.
  float (*scale)(const float* x, Index n);
  /// out[i] = the code of x[i], plus `shift` (0 or 128), as a byte. scale: a NaN makes code 0.
  void (*codes)(const float* x, Index n, float scale, int shift, std::uint8_t* out);
  /// The values of a row of integer products: y = (sums − offset)·(row·scale) + bias, by `epilogue`
  /// stored, added to y or cut off at 0. bias may be null.
  void (*rescale)(const std::int32_t* sums, const std::int32_t* offset, const float* scale,
                  float row, const float* bias, Index n, Epilogue epilogue, float* y);
};
NF_DECLARE_KERNELS(Int8Kernels, int8_kernels)

/// The largest number of inputs whose products of bytes and codes fit a sum of 32 bits.
inline constexpr Index kMostInt8Inputs = 65536;

/// What is added to the codes of inputs: products take them as bytes from 0 on.
inline constexpr int kInputShift = 128;

/// Rows of inputs as bytes, codes plus kInputShift. storage holds the result, [rows, x.cols()]
/// without gaps, zeros in the rows beyond x's; scales: [x.rows()].
const std::uint8_t* quantize_inputs(ConstMatrixView x, Index rows, Matrix& storage, float* scales);

/// Rows of a weight as words of four codes each, the last ones beside zeros.
/// words: [w.rows(), w.cols() / 4 rounded up]  scales: [w.rows()]  offsets: [w.rows()], kInputShift
/// times the sum of a row's codes
void quantize_weight(ConstMatrixView w, Matrix& words, float* scales, std::int32_t* offsets);

}  // namespace nf
