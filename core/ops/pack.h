#pragma once

/// A weight's rows into the layout a product reads them in: a transposition, at the speed of the
/// memory it writes to.

#include "core/simd/dispatch.h"
#include "core/tensor/view.h"

namespace nf {

struct BlockedLayout;

/// Rows that are transposed together: as many floats as a cache line holds.
inline constexpr Index kPackRows = 16;

struct PackKernels {
  /// out[c · step + r] = rows[r · stride + c] for kPackRows rows r and `columns` columns c.
  void (*transpose)(const float* rows, Index stride, Index columns, float* out, Index step);
  /// The same past the caches, for `out` of 64-byte alignment and `step` a multiple of 16: nobody
  /// reads a weight right after it was packed, and lines written whole need not be fetched first.
  void (*transpose_streaming)(const float* rows, Index stride, Index columns, float* out,
                              Index step);
};
NF_DECLARE_KERNELS(PackKernels, pack_kernels)

/// Rows that should be packed together, so that whole blocks and whole cache lines are written.
/// layout: of the matrix [in, out], as products take a weight.
Index pack_row_block(const BlockedLayout& layout);

/// Rows [first, first + rows.rows()) of a weight [out, in] to `packed`, 64-byte aligned, with the
/// padding beside them as zeros. `first` is a multiple of pack_row_block(), and so is the number of
/// rows but for the last ones. Thread-safe for different rows.
void pack_rows(const BlockedLayout& layout, Index first, ConstMatrixView rows, float* packed,
               const PackKernels& kernels = pack_kernels());

}  // namespace nf
