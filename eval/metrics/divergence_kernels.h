#pragma once

#include "core/base/types.h"
#include "core/simd/dispatch.h"

namespace nf {

/// Sums of a trial over one chunk of a row of logits, e being e^(logit - shift) and u the
/// difference reference - logit - centre.
struct DivergenceSums {
  double exps = 0.0;            ///< Σ e
  double difference = 0.0;      ///< Σ weight·u
  double own_difference = 0.0;  ///< Σ e·u
};

/// Row kernels over one chunk of logits, [n]. KL is a small difference of such sums, so terms and
/// sums are in double; the logits are f32, and their differences exact. Relative error of an
/// exponential below 1e-13, and nearly the same of neighbours.
struct DivergenceKernels {
  /// weights[i] = e^(logits[i] - shift); returns their sum.
  double (*weights)(const float* logits, double shift, Index n, double* weights);
  /// Σ weights[i]·(logits[i] - shift), weights as above.
  double (*moment)(const float* logits, double shift, const double* weights, Index n);
  /// weights: of the reference.
  DivergenceSums (*sums)(const float* logits, double shift, const float* reference,
                         const double* weights, double centre, Index n);
};
NF_DECLARE_KERNELS(DivergenceKernels, divergence_kernels)

}  // namespace nf
