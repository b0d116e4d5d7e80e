#include "eval/metrics/logit_kernels.h"

#include "core/simd/vec.h"

namespace nf::NF_SIMD_NAMESPACE {
namespace {

float max_of(const float* logits, Index n) {
  const float lowest = -__builtin_huge_valf();
  F32 best = splat(lowest);
  Index i = 0;
  for (; i + kLanes <= n; i += kLanes) best = max(load(logits + i), best);
  if (i < n) best = max(load_part(logits + i, n - i, lowest), best);
  return max_lane(best);
}

double exp_sum_of(const float* logits, float shift, Index n) {
  F32 total{};
  Index i = 0;
  for (; i + kLanes <= n; i += kLanes) total += exp(load(logits + i) - shift);
  if (i < n) {
    float rest[kLanes];
    store(rest, exp(load_part(logits + i, n - i, shift) - shift));
    total += load_part(rest, n - i, 0.0f);
  }
  return sum_in_double(total);
}

}  // namespace

extern const LogitKernels logit_kernels = {max_of, exp_sum_of};

}  // namespace nf::NF_SIMD_NAMESPACE
