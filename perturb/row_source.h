#pragma once

#include <functional>

#include "core/tensor/view.h"

namespace nf {

/// A matrix that is read in parts because it is too large to be held. Thread-safe.
class RowSource {
 public:
  virtual ~RowSource() = default;
  virtual Index rows() const = 0;
  virtual Index cols() const = 0;
  /// Parts begin at a multiple of that many rows, and end at one or with the matrix.
  virtual Index rows_together() const { return 1; }
  /// part ← rows [first, first + part.rows()).  part: [n, cols]
  virtual void read(Index first, MatrixView part) const = 0;
};

/// Rows of a part, about: enough to share out, few beside a vocabulary.
inline constexpr Index kPartRows = 1024;

/// Rows of the parts of a matrix of which `together` belong together: the largest multiple of that
/// up to kPartRows, but one at least, and no more than there are.
Index part_rows(Index together, Index rows);

/// Rows that belong together where a of them and b of them do: the least common multiple, `rows` at
/// most.
Index join_together(Index a, Index b, Index rows);

/// Calls use(first row, part) for all parts of a matrix in their order. together: rows that its
/// user wants in one part; the source's own come to that.
void for_each_part(const RowSource& x, Index together,
                   const std::function<void(Index first, ConstMatrixView part)>& use);

}  // namespace nf
