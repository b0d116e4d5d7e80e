#include "core/ops/pack.h"

#include <immintrin.h>

#include <algorithm>
#include <cstdint>
#include <numeric>

#include "core/base/check.h"
#include "core/ops/blocked_layout.h"

namespace nf {
namespace {

/// Columns of one tile: 16 rows of them fit the first-level cache many times over, and of 64 rows
/// the tiles fill a page of the packed weight.
constexpr Index kColumns = 64;

/// Tiles at the edges, padded with zeros, and those whose places are in pieces.
struct alignas(64) Scratch {
  float rows[kPackRows * kColumns];
  float transposed[kColumns * kPackRows];
};

/// One tile: kPackRows rows from `row` and `columns` columns from `column`, both of which may reach
/// into the padding. The columns are of one run.
class Tile {
 public:
  Tile(const BlockedLayout& layout, Index row, Index column, Index columns)
      : in_(layout.dimensions[0]),
        out_(layout.dimensions[1]),
        row_(row),
        column_(column),
        columns_(columns) {}

  /// rows: the weight's, from row `first` on.
  void pack(Index first, ConstMatrixView rows, float* packed, const PackKernels& kernels,
            Scratch& scratch) const {
    const bool inside = row_ + kPackRows <= out_.size() && column_ + columns_ <= in_.size();
    if (!inside) copy_padded(first, rows, scratch.rows);
    const float* const from = inside ? rows.row(row_ - first) + column_ : scratch.rows;
    const Index stride = inside ? rows.stride() : kColumns;
    float* const to = packed + in_.offset(column_);
    if (!in_one_piece()) {
      kernels.transpose(from, stride, columns_, scratch.transposed, kPackRows);
      scatter(scratch.transposed, to);
      return;
    }
    float* const lines = to + out_.offset(row_);
    const bool whole_lines =
        reinterpret_cast<std::uintptr_t>(lines) % 64 == 0 && in_.step() % kPackRows == 0;
    (whole_lines ? kernels.transpose_streaming : kernels.transpose)(from, stride, columns_, lines,
                                                                    in_.step());
  }

 private:
  void copy_padded(Index first, ConstMatrixView rows, float* to) const {
    const Index end = std::min(row_ + kPackRows, out_.size());
    const Index columns = std::clamp<Index>(in_.size() - column_, 0, columns_);
    std::fill_n(to, kPackRows * kColumns, 0.0f);
    if (columns == 0) return;
    for (Index row = row_; row < end; ++row)
      std::copy_n(rows.row(row - first) + column_, columns, to + (row - row_) * kColumns);
  }

  /// All rows of a column lie side by side.
  bool in_one_piece() const {
    return out_.step() == 1 && row_ % out_.run() + kPackRows <= out_.run();
  }

  void scatter(const float* transposed, float* to) const {
    const Index end = std::min(row_ + kPackRows, out_.padded());
    const Index longest = out_.step() == 1 ? out_.run() : 1;
    for (Index row = row_; row < end;) {
      const Index piece = std::min(longest - row % longest, end - row);
      const float* from = transposed + (row - row_);
      float* column = to + out_.offset(row);
      for (Index c = 0; c < columns_; ++c, from += kPackRows, column += in_.step())
        std::copy_n(from, piece, column);
      row += piece;
    }
  }

  const BlockedDimension &in_, &out_;
  Index row_, column_, columns_;
};

}  // namespace

Index pack_row_block(const BlockedLayout& layout) {
  const BlockedDimension& out = layout.dimensions[1];
  // The last digit counts blocks; where it is the only one the rows lie evenly.
  const Index block = out.digits().size() < 2 ? 1 : out.digits().back().divisor;
  const Index whole = std::lcm(block, kPackRows);
  return (kColumns + whole - 1) / whole * whole;
}

void pack_rows(const BlockedLayout& layout, Index first, ConstMatrixView rows, float* packed,
               const PackKernels& kernels) {
  const BlockedDimension &in = layout.dimensions[0], &out = layout.dimensions[1];
  const Index end = first + rows.rows();
  const Index block = pack_row_block(layout);
  NF_CHECK(first >= 0 && end <= out.size(), "rows {} to {} of {}", first, end, out.size());
  NF_CHECK(first % block == 0 && (end == out.size() || end % block == 0),
           "rows {} to {} in blocks of {}", first, end, block);
  NF_CHECK(rows.cols() == in.size(), "rows of {}, the weight has {}", rows.cols(), in.size());
  const Index padded_end = end == out.size() ? out.padded() : end;
  Scratch scratch;  // NOLINT(cppcoreguidelines-pro-type-member-init): every float is written before
                    // it is read
  for (Index top = first; top < padded_end; top += block)
    for (Index column = 0; column < in.padded();) {
      const Index columns = std::min(kColumns, in.run() - column % in.run());
      for (Index row = top; row < std::min(top + block, padded_end); row += kPackRows)
        Tile(layout, row, column, columns).pack(first, rows, packed, kernels, scratch);
      column += columns;
    }
  _mm_sfence();  // streamed lines are seen by whoever sees that this call has returned
}

}  // namespace nf
