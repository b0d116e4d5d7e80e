#pragma once

#include "core/tensor/view.h"
#include "perturb/input_statistics.h"

namespace nf {

/// The statistics of x·diag(1/s), and of weights W·diag(s), from those of x and W: what `needs`
/// asks for, and nothing else. statistics: has(needs)  scale: [in] s > 0
InputStatistics scaled_statistics(const InputStatistics& statistics, ConstVectorView scale,
                                  const InputNeeds& needs);

}  // namespace nf
