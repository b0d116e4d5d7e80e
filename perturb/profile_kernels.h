#pragma once

#include <cstdint>

#include "core/base/types.h"
#include "core/simd/dispatch.h"

namespace nf {

/// A row's sums for a ValueProfile.
struct ProfileSums {
  double powers[4] = {};  ///< Σ (x − pivot) to the powers 1 to 4
  double lowest = 0.0, highest = 0.0;
};

struct ProfileKernels {
  /// The sums of n > 0 consecutive values, n < 2^31. Same bits in all forms: sixteen interleaved
  /// partial sums in double, then the lanes in order.
  ProfileSums (*sums)(const float* x, double pivot, Index n);
  /// largest[i] ← max(largest[i], |x[i]|), and returns the largest |x|.
  float (*raise)(const float* x, Index n, float* largest);
  /// places[i] ← the bin of x[i] (ValueHistogram), those of negative values behind the others.
  void (*bins)(const float* x, Index n, std::int32_t* places);
};
NF_DECLARE_KERNELS(ProfileKernels, profile_kernels)

}  // namespace nf
