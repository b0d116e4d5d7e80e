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

/// The standard normal's distribution function, error below 2e-7. With t = 1/(1 + z/2),
/// erfc(z) = t·e^(P(t) - z²) for z >= 0; P interpolates log(erfc(z)/t) + z² at the ten Chebyshev
/// nodes of z in [0, 9.4].
NF_INLINE F32 normal_cdf(F32 v) {
  const F32 z = abs(v) * 0.70710678118654752f;
  const F32 t = 1.0f / (1.0f + 0.5f * z);
  F32 p = splat(1.421815006e-01f);
  p = p * t - 6.656144861e-01f;
  p = p * t + 1.120250948f;
  p = p * t - 6.466106048e-01f;
  p = p * t - 1.224029809e-01f;
  p = p * t + 2.431461004e-02f;
  p = p * t + 2.649814262e-02f;
  p = p * t + 3.884006311e-01f;
  p = p * t + 9.984193030e-01f;
  p = p * t - 1.265437019f;
  const F32 tail = 0.5f * t * exp(p - z * z);
  return where_positive(v, 1.0f - tail, tail);
}

void gelu(float* x, Index n) {
  for_lanes(n, [&](Index i, Index lanes) {
    const F32 v = load_lanes(x + i, lanes);
    store_lanes(x + i, v * normal_cdf(v), lanes);
  });
}

void gelu_tanh(float* x, Index n) {
  const float twice_root = 1.5957691216057308f;  // 2·sqrt(2/π): (1 + tanh u)/2 = 1/(1 + e^-2u)
  for_lanes(n, [&](Index i, Index lanes) {
    const F32 v = load_lanes(x + i, lanes);
    const F32 twice_u = twice_root * (v + 0.044715f * v * v * v);
    store_lanes(x + i, v / (1.0f + exp(-twice_u)), lanes);
  });
}

void silu(float* x, Index n) {
  for_lanes(n, [&](Index i, Index lanes) {
    const F32 v = load_lanes(x + i, lanes);
    store_lanes(x + i, v / (1.0f + exp(-v)), lanes);
  });
}

void relu(float* x, Index n) {
  // In this order a NaN stays one.
  for_lanes(n, [&](Index i, Index lanes) {
    store_lanes(x + i, max(splat(0.0f), load_lanes(x + i, lanes)), lanes);
  });
}

void multiply(float* x, const float* factors, Index n) {
  for_lanes(n, [&](Index i, Index lanes) {
    store_lanes(x + i, load_lanes(x + i, lanes) * load_lanes(factors + i, lanes), lanes);
  });
}

void add(float* x, const float* terms, Index n) {
  for_lanes(n, [&](Index i, Index lanes) {
    store_lanes(x + i, load_lanes(x + i, lanes) + load_lanes(terms + i, lanes), lanes);
  });
}

void scale_and_slope(float* x, float scale, float slope, Index first_key, Index n) {
  float keys[kLanes];
  for (int i = 0; i < kLanes; ++i) keys[i] = static_cast<float>(first_key + i);
  F32 key = load(keys);
  for_lanes(n, [&](Index i, Index lanes) {
    store_lanes(x + i, load_lanes(x + i, lanes) * scale + slope * key, lanes);
    key += static_cast<float>(kLanes);
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

void rotate_pairs(float* x, const float* cos, const float* sin, Index pairs) {
  for (Index i = 0; i < pairs; ++i) {
    const float a = x[2 * i], b = x[2 * i + 1];
    x[2 * i] = a * cos[i] - b * sin[i];
    x[2 * i + 1] = b * cos[i] + a * sin[i];
  }
}

bool all_finite(const float* x, Index n) {
  // The exponent of a NaN or an infinity is all ones: the largest magnitude, read as an integer,
  // tells.
  I32 largest{};
  for_lanes(n, [&](Index i, Index lanes) {
    largest = max(magnitude_bits(load_lanes(x + i, lanes)), largest);
  });
  for (int i = 0; i < kLanes; ++i)
    if (largest[i] >= 0x7f800000) return false;
  return true;
}

}  // namespace

extern const ElementwiseKernels elementwise_kernels = {
    layer_norm, rms_norm, silu_multiply,   gelu,        gelu_tanh,    silu,       relu, multiply,
    add,        softmax,  scale_and_slope, rotate_half, rotate_pairs, all_finite,
};

}  // namespace nf::NF_SIMD_NAMESPACE
