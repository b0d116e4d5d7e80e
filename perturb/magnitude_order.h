#pragma once

#include <cstdint>
#include <vector>

#include "core/tensor/view.h"

namespace nf {

/// The places of x's values, in reading order from 0 on, sorted by (|x|, place). A NaN comes last.
/// Time in proportion to x.size(), which is below 2^32, and 16 bytes of memory a value.
std::vector<std::uint32_t> magnitude_order(ConstMatrixView x);

}  // namespace nf
