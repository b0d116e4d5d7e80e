#include "core/ops/elementwise.h"

#include "core/simd/vec.h"

namespace nf::NF_SIMD_NAMESPACE {
namespace {

/// Calls body(offset, lanes) for each group of sixteen and once for the rest; both must treat lanes
/// alike.
template <class Body>
NF_INLINE void for_lanes(Index n, const Body& body) {
  Index i = 0;
  for (; i + kLanes <= n; i += kLanes) body(i, kLanes);
  if (i < n) body(i, n - i);
}
NF_INLINE F32 load_lanes(const float* p, Index lanes, float fill = 0.0f) {
  return lanes == kLanes ? load(p) : load_part(p, lanes, fill);
}
NF_INLINE void store_lanes(float* p, F32 v, Index lanes) {
  if (lanes == kLanes)
    store(p, v);
  else
    store_part(p, v, lanes);
}

/// 1 / sqrt(mean of squares + eps). Squares beyond f32 must show as a failure: 1 / infinity would
/// quietly make every row zero.
NF_INLINE float inverse_root(float squares, float count, float eps) {
  const float mean = squares / count + eps;
  return mean <= __FLT_MAX__ ? 1.0f / __builtin_sqrtf(mean) : __builtin_nanf("");
}

void layer_norm(const float* x, const float* weight, const float* bias, float eps, Index n,
                float* y) {
  const float count = static_cast<float>(n);
  F32 total{};
  for_lanes(n, [&](Index i, Index lanes) { total += load_lanes(x + i, lanes); });
  const float mean = sum(total) / count;
  F32 squares{};
  for_lanes(n, [&](Index i, Index lanes) {
    const F32 centred = load_lanes(x + i, lanes, mean) - mean;  // padding lanes are 0
    squares += centred * centred;
  });
  const float scale = inverse_root(sum(squares), count, eps);
  for_lanes(n, [&](Index i, Index lanes) {
    F32 v = (load_lanes(x + i, lanes) - mean) * scale * load_lanes(weight + i, lanes);
    if (bias != nullptr) v += load_lanes(bias + i, lanes);
    store_lanes(y + i, v, lanes);
  });
}

void rms_norm(const float* x, const float* weight, float eps, Index n, float* y) {
  F32 squares{};
  for_lanes(n, [&](Index i, Index lanes) {
    const F32 v = load_lanes(x + i, lanes);
    squares += v * v;
  });
  const float scale = inverse_root(sum(squares), static_cast<float>(n), eps);
  for_lanes(n, [&](Index i, Index lanes) {
    store_lanes(y + i, load_lanes(x + i, lanes) * scale * load_lanes(weight + i, lanes), lanes);
  });
}

void silu_multiply(float* gate, const float* up, Index n) {
  for_lanes(n, [&](Index i, Index lanes) {
    const F32 v = load_lanes(gate + i, lanes);
    store_lanes(gate + i, v / (1.0f + exp(-v)) * load_lanes(up + i, lanes), lanes);
  });
}

void softmax(float* x, float scale, Index n) {
  const float lowest = -__builtin_huge_valf();
  F32 largest = splat(lowest);
  for_lanes(
      n, [&](Index i, Index lanes) { largest = max(load_lanes(x + i, lanes, lowest), largest); });
  const float top = max_lane(largest) * scale;
  F32 total{};
  for_lanes(n, [&](Index i, Index lanes) {
    const F32 e = exp(load_lanes(x + i, lanes) * scale - top);
    store_lanes(x + i, e, lanes);
    total += lanes == kLanes ? e : load_lanes(x + i, lanes);  // padding lanes add 0
  });
  const float inverse = 1.0f / sum(total);
  for_lanes(n, [&](Index i, Index lanes) {
    store_lanes(x + i, load_lanes(x + i, lanes) * inverse, lanes);
  });
}

void rotate_half(float* x, const float* cos, const float* sin, Index half) {
  for_lanes(half, [&](Index i, Index lanes) {
    const F32 c = load_lanes(cos + i, lanes), s = load_lanes(sin + i, lanes);
    const F32 a = load_lanes(x + i, lanes), b = load_lanes(x + half + i, lanes);
    store_lanes(x + i, a * c - b * s, lanes);
    store_lanes(x + half + i, b * c + a * s, lanes);
  });
}

bool all_finite(const float* x, Index n) {
  // The exponent of a NaN or an infinity is all ones: the largest magnitude, read as an integer,
  // tells.
  I32 largest{};
  for_lanes(n, [&](Index i, Index lanes) {
    const I32 magnitude = bits(load_lanes(x + i, lanes)) & 0x7fffffff;
    largest = magnitude > largest ? magnitude : largest;
  });
  for (int i = 0; i < kLanes; ++i)
    if (largest[i] >= 0x7f800000) return false;
  return true;
}

}  // namespace

extern const ElementwiseKernels elementwise_kernels = {
    layer_norm, rms_norm, silu_multiply, softmax, rotate_half, all_finite,
};

}  // namespace nf::NF_SIMD_NAMESPACE
