#pragma once

/// The library behind the matrix products, as core/ops asks it: gemm_onednn.cc implements this.
/// Internal to core/ops and its tests.

#include <optional>

#include "core/ops/blocked_layout.h"
#include "core/ops/gemm.h"
#include "core/tensor/view.h"

namespace nf {

/// The layout of a packed weight in memory.
struct PackedForm {
  Index floats = 0;  ///< words of four bytes
  /// Layout of the words, [in, out], with two bf16 or four codes in a word [in / 2 or in / 4
  /// rounded up, out]; nullopt: of no kind we know.
  std::optional<BlockedLayout> layout;
};

/// The form of a packed weight [out, in].
PackedForm packed_form(Index out, Index in, Arithmetic arithmetic = Arithmetic::f32);

/// Values in a word of four bytes.
Index values_in_word(Arithmetic arithmetic);

/// The library's own way: w [out, in] into packed_form().floats words, 64-byte aligned. int8: w has
/// words of codes, `in` of which count.
void reorder_weight(ConstMatrixView w, float* packed, Arithmetic arithmetic = Arithmetic::f32,
                    Index in = 0);

/// linear() for one tile of contiguous rows. x: [kRowTile, in], floats or bf16 as the weight is
/// bias: [out] or nullptr  y: [kRowTile, out]
void multiply_tile(const void* x, const PackedWeight& w, const float* bias, float* y,
                   Epilogue epilogue);

/// The integer sums of one tile of bytes times codes. x: [kRowTile, in]  sums: [kRowTile, out]
void multiply_codes(const std::uint8_t* x, const PackedWeight& w, std::int32_t* sums);

}  // namespace nf
