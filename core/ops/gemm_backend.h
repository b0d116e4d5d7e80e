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
  Index floats = 0;
  std::optional<BlockedLayout> layout;  ///< of the matrix [in, out]; nullopt: of no kind we know
};

/// The form of a packed weight [out, in].
PackedForm packed_form(Index out, Index in);

/// The library's own way: w [out, in] into packed_form().floats floats, 64-byte aligned.
void reorder_weight(ConstMatrixView w, float* packed);

/// linear() for one tile of contiguous rows. x: [kRowTile, in]  bias: [out] or nullptr  y:
/// [kRowTile, out]
void multiply_tile(const float* x, const PackedWeight& w, const float* bias, float* y,
                   Epilogue epilogue);

}  // namespace nf
