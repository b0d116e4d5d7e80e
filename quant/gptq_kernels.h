#pragma once

#include "core/base/types.h"
#include "core/simd/dispatch.h"

namespace nf {

/// The innermost loop of GPTQ, in three forms with the same bits.
struct GptqKernels {
  /// sum[i] += Σ_k share[k]·error[k·n + i], i < n, in the order of k. error: [count, n]
  void (*add_shares)(const float* error, Index n, const float* share, Index count, float* sum);
};

NF_DECLARE_KERNELS(GptqKernels, gptq_kernels)

}  // namespace nf
