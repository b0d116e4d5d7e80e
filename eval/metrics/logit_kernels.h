#pragma once

#include "core/base/types.h"
#include "core/simd/dispatch.h"

namespace nf {

/// Row kernels over one chunk of logits: [n], sixteen lanes in a fixed order. Sums are over f32
/// terms, handed on in double.
struct LogitKernels {
  float (*max)(const float* logits, Index n);
  /// Σ e^(logits[i] - shift).
  double (*exp_sum)(const float* logits, float shift, Index n);
};
NF_DECLARE_KERNELS(LogitKernels, logit_kernels)

}  // namespace nf
