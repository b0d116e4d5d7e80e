#pragma once

#include "core/base/types.h"
#include "core/simd/dispatch.h"

namespace nf {

/// The arithmetic of noise over n consecutive values, in three forms with the same bits. Sums are
/// taken in double over sixteen interleaved partial sums, then in lane order; that order is part of
/// the numerics version.
struct NoiseKernels {
  /// Σ x².
  double (*sum_squares)(const float* x, Index n);
  /// Σ (a − b)².
  double (*squared_distance)(const float* a, const float* b, Index n);
  /// max |x|; 0 for n = 0.
  float (*max_abs)(const float* x, Index n);
  /// z ← z·w.
  void (*multiply)(float* z, const float* w, Index n);
  /// z ← z·|x|.
  void (*multiply_abs)(float* z, const float* x, Index n);
  /// z ← z·(largest − |x|).
  void (*multiply_remainder)(float* z, const float* x, float largest, Index n);
  /// z ← z·(max(|x|, floor)·2^−exponent)^power; a factor of 0 where that maximum is 0 (power > 0).
  void (*multiply_power)(float* z, const float* x, double power, float floor, int exponent,
                         Index n);
  /// out ← x + δ, δ = z·scale rounded once to f32; out may be z.
  void (*add_scaled)(const float* x, const float* z, double scale, float* out, Index n);
  /// out ← a − b; out may be a.
  void (*subtract)(const float* a, const float* b, float* out, Index n);
  /// out ← clamp(x, −limit, limit); returns how many |x| > limit. NaN stays NaN. n < 2^31.
  Index (*clip)(const float* x, float limit, float* out, Index n);
  /// 2^x, relative error below 1e-13.
  double (*power_of_two)(double x);
};
NF_DECLARE_KERNELS(NoiseKernels, noise_kernels)

}  // namespace nf
