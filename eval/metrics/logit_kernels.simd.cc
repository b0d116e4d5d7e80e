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

double exps_of(const float* logits, float shift, Index n, float* exps) {
  F32 total{};
  Index i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    const F32 e = exp(load(logits + i) - shift);
    store(exps + i, e);
    total += e;
  }
  if (i < n) {
    store_part(exps + i, exp(load_part(logits + i, n - i, shift) - shift), n - i);
    total += load_part(exps + i, n - i, 0.0f);
  }
  return sum(widen(total));
}

double exp_sum_and_differences(const float* logits, float shift, const float* reference,
                               const float* weights, Index n, double* difference,
                               double* own_difference) {
  F32 total{}, weighted{}, own_weighted{};
  Index i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    const F32 v = load(logits + i);
    const F32 e = exp(v - shift);
    const F32 d = load(reference + i) - v;
    total += e;
    weighted += load(weights + i) * d;
    own_weighted += e * d;
  }
  if (i < n) {
    const F32 v = load_part(logits + i, n - i, 0.0f);
    float rest[kLanes];
    store(rest, exp(v - shift));
    const F32 e = load_part(rest, n - i, 0.0f);
    const F32 d = load_part(reference + i, n - i, 0.0f) - v;
    total += e;
    weighted += load_part(weights + i, n - i, 0.0f) * d;
    own_weighted += e * d;
  }
  *difference = sum(widen(weighted));
  *own_difference = sum(widen(own_weighted));
  return sum(widen(total));
}

}  // namespace

extern const LogitKernels logit_kernels = {max_of, exps_of, exp_sum_and_differences};

}  // namespace nf::NF_SIMD_NAMESPACE
