#pragma once

#include <string>

#include "core/tensor/view.h"

namespace nf {

/// "layers.0.up_proj.weight: x̃ is not finite at [3, 17]", or empty where it is finite. first_row:
/// of `distorted` in the matrix.
std::string finite_problem(const std::string& site, ConstMatrixView distorted, Index first_row = 0);

}  // namespace nf
