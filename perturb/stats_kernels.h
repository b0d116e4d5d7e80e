#pragma once

#include "core/base/types.h"
#include "core/simd/dispatch.h"

namespace nf {

struct DistortionStats;

struct StatsKernels {
  /// Adds n consecutive values to every field but `count` and `clipped`. Same bits in all forms:
  /// sixteen interleaved partial sums in double, then the lanes in order. n < 2^31.
  void (*add)(const float* x, const float* distorted, float median, Index n,
              DistortionStats& stats);
};
NF_DECLARE_KERNELS(StatsKernels, stats_kernels)

}  // namespace nf
