#include "core/simd/native.h"
#include "quant/gptq_kernels.h"

namespace nf {
namespace {

using namespace native;

/// Vectors whose sums are held in registers at a time.
constexpr int kVectors = 4;

void add_shares(const float* error, Index n, const float* share, Index count, float* sum) {
  Index i = 0;
  for (; i + kVectors * kWidth <= n; i += kVectors * kWidth) {
    F32 sums[kVectors];
    for (int v = 0; v < kVectors; ++v) sums[v] = load(sum + i + v * kWidth);
    for (Index k = 0; k < count; ++k) {
      const F32 factor = splat(share[k]);
      for (int v = 0; v < kVectors; ++v) sums[v] += load(error + k * n + i + v * kWidth) * factor;
    }
    for (int v = 0; v < kVectors; ++v) store(sum + i + v * kWidth, sums[v]);
  }
  for (; i < n; ++i) {
    float one = sum[i];
    for (Index k = 0; k < count; ++k) one += error[k * n + i] * share[k];
    sum[i] = one;
  }
}

}  // namespace

namespace NF_SIMD_NAMESPACE {
extern const GptqKernels gptq_kernels = {add_shares};
}  // namespace NF_SIMD_NAMESPACE
}  // namespace nf
