#pragma once

#include <cstddef>
#include <vector>

#include "core/io/byte_cursor.h"
#include "perturb/input_statistics.h"

namespace nf {

/// Appends the bytes of some statistics, to the last bit; one of nullptr is a byte.
void encode_statistics(const InputStatistics* statistics, std::vector<std::byte>& bytes);

/// The statistics whose bytes come next. Throws DataError where they cannot be any.
InputStatisticsPtr decode_statistics(ByteCursor& bytes);

}  // namespace nf
