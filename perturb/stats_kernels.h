#pragma once

#include "core/base/types.h"
#include "core/simd/dispatch.h"

namespace nf {

/// The points about which powers are summed: near the means of δ, |x| and |δ|, so that no digits
/// are lost.
struct StatsPivots {
  double d = 0.0, abs_x = 0.0, abs_d = 0.0;
};

/// Sums over a run of values; δ = x̃ − x, and p the pivot of each.
struct StatsSums {
  double x2 = 0.0, y2 = 0.0, xy = 0.0;            ///< of x², x̃², x·x̃
  double d2 = 0.0, d2_small = 0.0;                ///< of δ²; where |x| < median
  double from_d[4] = {};                          ///< of δ − p to the powers 1 to 4
  double from_abs_x[2] = {}, from_abs_d[2] = {};  ///< of |x| − p and |δ| − p, powers 1 and 2
  double from_abs_xd = 0.0;                       ///< of (|x| − p)·(|δ| − p)
  double max_abs_d = 0.0;
  Index sign_flips = 0, to_zero = 0;
};

struct StatsKernels {
  /// The sums of n consecutive values. Same bits in all forms: sixteen interleaved partial sums in
  /// double, then the lanes in order. n < 2^31.
  StatsSums (*sums)(const float* x, const float* distorted, float median, const StatsPivots& pivots,
                    Index n);
};
NF_DECLARE_KERNELS(StatsKernels, stats_kernels)

}  // namespace nf
