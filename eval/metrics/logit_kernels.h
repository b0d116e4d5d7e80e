#pragma once

#include "core/base/types.h"
#include "core/simd/dispatch.h"

namespace nf {

/// Row kernels over one chunk of logits: [n], sixteen lanes in a fixed order. Sums are over f32
/// terms, handed on in double.
struct LogitKernels {
  float (*max)(const float* logits, Index n);
  /// exps[i] = e^(logits[i] - shift); returns their sum.
  double (*exps)(const float* logits, float shift, Index n, float* exps);
  /// Σ e^(logits[i] - shift), and the differences reference[i] - logits[i] summed in *difference
  /// with weights[i] and in *own_difference with e^(logits[i] - shift).
  double (*exp_sum_and_differences)(const float* logits, float shift, const float* reference,
                                    const float* weights, Index n, double* difference,
                                    double* own_difference);
};
NF_DECLARE_KERNELS(LogitKernels, logit_kernels)

}  // namespace nf
