#pragma once

#include <cstdint>
#include <vector>

#include "core/ops/integer_linear.h"

namespace nf {

/// Σ_i (qx(row, i) − zx)·(qw(column, i) − zw) one after the other in 64 bits, features beside the
/// integers left out.
std::int64_t integer_product(const IntegerInputs& x, Index row, const WeightCodes& w, Index column);

/// y of that row and column in double, from the integers, their scales, the features beside them
/// and the bias; nothing is rounded but in double.
double integer_value(const IntegerInputs& x, Index row, const WeightCodes& w, Index column,
                     double bias);

/// Σ_i |x̃_i·w̃_i| of the same, features beside the integers included.
double integer_size(const IntegerInputs& x, Index row, const WeightCodes& w, Index column);

}  // namespace nf
