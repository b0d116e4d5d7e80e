#include "core/ops/int8.h"

#include <algorithm>
#include <limits>

#include "core/simd/native.h"

namespace nf {
namespace {

using native::F32;
using native::I32;
using native::kWidth;
using U8 [[gnu::vector_size(native::kBytes / 4)]] = std::uint8_t;

constexpr float kMostCode = 127.0f, kLeastScale = 1e-10f;

/// |x| as integers are ordered as |x| is, NaNs above all.
NF_INLINE I32 magnitude(F32 v) { return native::bit_cast<I32>(v) & 0x7fffffff; }
NF_INLINE I32 larger(I32 a, I32 b) { return a > b ? a : b; }

float scale(const float* x, Index n) {
  I32 most{};
  Index i = 0;
  for (; i + kWidth <= n; i += kWidth) most = larger(most, magnitude(native::load(x + i)));
  most = larger(most, magnitude(native::load_part(x + i, n - i, 0.0f)));
  std::int32_t bits = 0;
  for (Index lane = 0; lane < kWidth; ++lane) bits = std::max(bits, most[lane]);
  if (bits >= 0x7f800000) return std::numeric_limits<float>::quiet_NaN();
  return std::max(native::bit_cast<float>(bits) / kMostCode, kLeastScale);
}

NF_INLINE U8 code(F32 v, float scale, int shift) {
  const F32 k = native::round_even(v / scale);
  return __builtin_convertvector(__builtin_convertvector(k, I32) + shift, U8);
}

void codes(const float* x, Index n, float scale, int shift, std::uint8_t* out) {
  if (!(scale > 0.0f)) {
    std::fill_n(out, n, static_cast<std::uint8_t>(shift));
    return;
  }
  Index i = 0;
  for (; i + kWidth <= n; i += kWidth) {
    const U8 v = code(native::load(x + i), scale, shift);
    std::memcpy(out + i, &v, sizeof v);
  }
  if (i == n) return;
  const U8 v = code(native::load_part(x + i, n - i, 0.0f), scale, shift);
  std::memcpy(out + i, &v, static_cast<std::size_t>(n - i));
}

template <class Store>
NF_INLINE void rescale_all(const std::int32_t* sums, const std::int32_t* offset, const float* scale,
                           float row, const float* bias, Index n, float* y, Store store) {
  Index i = 0;
  for (; i + kWidth <= n; i += kWidth) {
    I32 sum, from;
    std::memcpy(&sum, sums + i, sizeof sum);
    std::memcpy(&from, offset + i, sizeof from);
    F32 v = __builtin_convertvector(sum - from, F32) * (native::load(scale + i) * row);
    if (bias != nullptr) v = v + native::load(bias + i);
    native::store(y + i, store(v, native::load(y + i)));
  }
  for (; i < n; ++i) {
    const float value = static_cast<float>(sums[i] - offset[i]) * (scale[i] * row);
    const F32 v = native::splat(bias == nullptr ? value : value + bias[i]);
    y[i] = store(v, native::splat(y[i]))[0];
  }
}

void rescale(const std::int32_t* sums, const std::int32_t* offset, const float* scale, float row,
             const float* bias, Index n, Epilogue epilogue, float* y) {
  switch (epilogue) {
    case Epilogue::store:
      return rescale_all(sums, offset, scale, row, bias, n, y, [](F32 v, F32) { return v; });
    case Epilogue::add:
      return rescale_all(sums, offset, scale, row, bias, n, y,
                         [](F32 v, F32 old) { return old + v; });
    case Epilogue::relu:  // a NaN stays one
      return rescale_all(sums, offset, scale, row, bias, n, y, [](F32 v, F32) {
        return v < native::splat(0.0f) ? native::splat(0.0f) : v;
      });
  }
}

}  // namespace

namespace NF_SIMD_NAMESPACE {
extern const Int8Kernels int8_kernels = {scale, codes, rescale};
}  // namespace NF_SIMD_NAMESPACE
}  // namespace nf
