#pragma once

/// Linears of integers: x of u8 codes with a scale and a zero point for each row, weights of s8
/// codes with a scale and a zero point for each output. What is multiplied and added up are the
/// integers themselves, exactly:
///
///     I(t, o) = Σ_i (qx(t, i) − zx(t))·(qw(o, i) − zw(o)) = Σ qx·qw − zx·Σ qw − zw·(Σ qx − n·zx)
///     y(t, o) = float(I)·(sw(o)·sx(t)) + bias(o)
///
/// Features that are no integers (LLM.int8(), arXiv 2208.07339) are taken beside it, in f32, one
/// after the other: y += sw(o)·Σ_j x(t, j)·(qw(o, j) − zw(o)).
///
/// Against the f32 product of the values x̃ = (qx − zx)·sx and w̃ = (qw − zw)·sw, rounded to f32, and
/// multiplied (rounded) or divided (rounded) by a scale of the feature:
///
///     |Δy| ≤ γ(n + 10)·(Σ_i |x̃_i·w̃_i| + |bias|),  γ(k) = k·u/(1 − k·u),  u = 2^-24
///
/// n of it are the roundings of a sum of n products in any order and its bias (Higham, "Accuracy
/// and Stability of Numerical Algorithms", section 3.1), four those of a pair x̃, w̃, four those of
/// I, of the product of the scales, of the two's and of the bias here, two those of a feature's
/// share of the sum beside it. No product may underflow. (Epilogue::add rounds once more, on either
/// side.)

#include <cstdint>
#include <vector>

#include "core/ops/gemm.h"
#include "core/tensor/matrix.h"

namespace nf {

/// A weight [out, in] of integers.
struct WeightCodes {
  Index out = 0, in = 0;
  std::vector<std::int8_t> codes;   ///< [out, in]
  std::vector<float> scales;        ///< [out]
  std::vector<std::int32_t> zeros;  ///< [out], -128 to 127; empty: all are 0
  bool has_columns = false;         ///< also packed by columns, for IntegerInputs::beside

  const std::int8_t* row(Index r) const { return codes.data() + r * in; }
  std::int8_t* row(Index r) { return codes.data() + r * in; }
};

/// used: as WeightPacker takes it. in: at most kMostInt8Inputs.
PackedWeight pack_codes(const WeightCodes& w, PackedWeight used = {});

/// Rows [T, in] of inputs that are integers. A row whose scale is NaN makes NaNs.
struct IntegerInputs {
  /// Features of some rows that are no integers: their codes are at the zero point.
  struct Beside {
    Index first_row = 0;
    std::vector<Index> features;  ///< ascending
    Matrix values;                ///< [rows, features], in the unit that weights are divided by
  };

  Index rows = 0, in = 0;
  Matrix storage;                   ///< of the codes
  std::vector<float> scales;        ///< [T]
  std::vector<std::int32_t> zeros;  ///< [T], 0 to 255
  std::vector<std::int32_t> sums;   ///< [T], Σ (code − zero)
  std::vector<Beside> beside;       ///< in the order of their rows

  /// T rows of zeros, without scales.
  void resize(Index rows, Index in);
  /// [T, rounded up to whole row tiles, in]
  std::uint8_t* codes() { return reinterpret_cast<std::uint8_t*>(storage.data()); }
  const std::uint8_t* codes() const {
    return reinterpret_cast<const std::uint8_t*>(storage.data());
  }
};

/// linear() of integers. w: of pack_codes()  bias: [out] or empty  y: [T, out]. The same bits for
/// any number of threads, and whatever rows stand beside one. 255 times 127 twice goes beyond 16
/// bits: where int8_is_native() is false, codes must be such that saturates() is.
void linear(const IntegerInputs& x, const PackedWeight& w, ConstVectorView bias, MatrixView y,
            Epilogue epilogue = Epilogue::store);

/// Whether products of two neighbours, added up in 16 bits as CPUs without VNNI do it, can come out
/// wrong. inputs, weights: the largest code and the largest |code|
inline constexpr bool saturates(Index inputs, Index weights) {
  return 2 * inputs * weights > 32767;
}

}  // namespace nf
