#pragma once

#include <vector>

#include "core/tensor/view.h"

namespace nf {

/// x^p of each value, in f32 as torch.pow has it: x^0 = 1, also of 0; else within 1 unit in the
/// last place, with the same bits on every CPU. x: not negative  p: 0 or more
std::vector<float> powers(ConstVectorView x, double p);

}  // namespace nf
