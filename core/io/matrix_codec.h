#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/io/byte_cursor.h"
#include "core/tensor/view.h"

namespace nf {

/// The bytes of a matrix, to the last bit, in as few of them as a short search finds: the values as
/// they are, or by unit (a run of a row, or of a column) the distinct values and, packed, which of
/// them stands where. Values on a quantizer's grid have at most 2^bits distinct values a unit.
/// Throws InternalError for NaN. The shape is not among the bytes.
std::vector<std::byte> encode_matrix(ConstMatrixView x);

/// x ← the matrix of that shape whose bytes come next. Throws DataError where they cannot be that.
void decode_matrix(ByteCursor& bytes, MatrixView x);

}  // namespace nf
