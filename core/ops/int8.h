#pragma once

/// Rows in 8 bits: codes from -127 to 127 and a scale each, as the symmetric uniform quantizer of 8
/// bits has them: scale = max(max|x| / 127, 1e-10), code = round(x / scale), half to even.

#include <cstdint>
#include <vector>

#include "core/ops/gemm.h"
#include "core/simd/dispatch.h"
#include "core/tensor/matrix.h"

namespace nf {

/// Scale, zero point and sum of a row of inputs, whose values are (code − zero)·scale.
struct Int8Row {
  float scale = 0.0f;
  std::int32_t zero = 0;
  std::int32_t sum = 0;  ///< Σ (code − zero)
};

/// Scales, sums and zero points of the rows of a weight, [n] each.
struct Int8Rows {
  const float* scales = nullptr;
  const std::int32_t* sums = nullptr;   ///< of the codes
  const std::int32_t* zeros = nullptr;  ///< null: all are 0
};

struct Int8Kernels {
  /// The scale of n values; NaN where one of them is a NaN or infinite.
  float (*scale)(const float* x, Index n);
  /// out[i] = round(x[i] / scale) + shift, half to even, as a byte. scale: a NaN makes the value 0.
  void (*codes)(const float* x, Index n, float scale, int shift, std::uint8_t* out);
  /// The values of a row of sums of codes times codes, by `epilogue` stored, added to y or cut off
  /// at 0:
  ///     y = (sums − x.zero·w.sums − w.zeros·x.sum)·(w.scales·x.scale) + beside + bias
  /// The integers are taken modulo 2^32, so that only what is left of them has to fit 32 bits.
  /// beside, bias: [n] or null.
  void (*rescale)(const std::int32_t* sums, const Int8Rows& w, const Int8Row& x,
                  const float* beside, const float* bias, Index n, Epilogue epilogue, float* y);
  /// beside[i] += x·(codes[i] − zeros[i]), in f32. zeros: null: all are 0.
  void (*add_column)(const std::int8_t* codes, const std::int32_t* zeros, float x, Index n,
                     float* beside);
};
NF_DECLARE_KERNELS(Int8Kernels, int8_kernels)

/// The largest number of inputs whose products of bytes and codes fit a sum of 32 bits.
inline constexpr Index kMostInt8Inputs = 65536;

/// Offset that is added to the codes of inputs: products take them as bytes from 0 on.
inline constexpr int kInputShift = 128;

/// Rows of inputs as bytes, codes plus kInputShift. storage holds the result, [rows, x.cols()]
/// without gaps, zeros in the rows beyond x's; scales: [x.rows()].
const std::uint8_t* quantize_inputs(ConstMatrixView x, Index rows, Matrix& storage, float* scales);

/// Rows of a weight as words of four codes each, the last ones beside zeros.
/// words: [w.rows(), w.cols() / 4 rounded up]  scales: [w.rows()]  sums: [w.rows()], of a row's
/// codes
void quantize_weight(ConstMatrixView w, Matrix& words, float* scales, std::int32_t* sums);

}  // namespace nf
