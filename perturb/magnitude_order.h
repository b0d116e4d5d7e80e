#pragma once

#include <cstdint>
#include <vector>

#include "core/tensor/view.h"

namespace nf {

/// The places of x's values, in reading order from 0 on, sorted by (|x|, place). A NaN comes last.
/// Time and memory in proportion to x.size(), which is below 2^32.
std::vector<std::uint32_t> magnitude_order(ConstMatrixView x);

/// Bytes that it holds while it works.
inline double magnitude_order_bytes(Index n) { return 16.0 * static_cast<double>(n); }

}  // namespace nf
