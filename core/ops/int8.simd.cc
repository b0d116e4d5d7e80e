#include "core/ops/int8.h"

#include <algorithm>
#include <limits>

#include "core/simd/native.h"

namespace nf {
namespace {

using native::F32;
using native::I32;
using native::kWidth;
using native::U32;
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

/// The lowest byte of each integer. AVX2 has no instruction for it, and g++ takes the integers out
/// one by one: here bytes go to the front of each half of the register, and the halves' together.
NF_INLINE U8 low_bytes(I32 v) {
#if defined(NF_SIMD_avx2)
  using Bytes [[gnu::vector_size(native::kBytes)]] = std::uint8_t;
  const auto bytes = native::bit_cast<Bytes>(v);
  const I32 halves = native::bit_cast<I32>(
      __builtin_shufflevector(bytes, bytes, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 16,
                              20, 24, 28, 16, 20, 24, 28, 16, 20, 24, 28, 16, 20, 24, 28));
  return native::bit_cast<U8>(__builtin_shufflevector(halves, halves, 0, 4));
#else
  return __builtin_convertvector(v, U8);
#endif
}

NF_INLINE U8 code(F32 v, float scale, int shift) {
  const F32 k = native::round_even(v / scale);
  return low_bytes(__builtin_convertvector(k, I32) + shift);
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

/// The product of the integers alone, without their zeros.
NF_INLINE U32 without_zeros(U32 sum, U32 code_sum, U32 zero, const Int8Row& x) {
  return sum - static_cast<std::uint32_t>(x.zero) * code_sum -
         static_cast<std::uint32_t>(x.sum) * zero;
}

NF_INLINE U32 load_integers(const std::int32_t* p) {
  U32 v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
NF_INLINE U32 load_integers(const std::int32_t* p, Index n) {
  U32 v{};
  std::memcpy(&v, p, static_cast<std::size_t>(n) * sizeof(std::int32_t));
  return v;
}

template <class Store>
NF_INLINE void rescale_all(const std::int32_t* sums, const Int8Rows& w, const Int8Row& x,
                           const float* beside, const float* bias, Index n, float* y, Store store) {
  const auto value = [&](U32 sum, U32 code_sum, U32 zero, F32 scale) {
    const I32 product = native::bit_cast<I32>(without_zeros(sum, code_sum, zero, x));
    return __builtin_convertvector(product, F32) * (scale * x.scale);
  };
  Index i = 0;
  for (; i + kWidth <= n; i += kWidth) {
    F32 v =
        value(load_integers(sums + i), load_integers(w.sums + i),
              w.zeros == nullptr ? U32{} : load_integers(w.zeros + i), native::load(w.scales + i));
    if (beside != nullptr) v = v + native::load(beside + i);
    if (bias != nullptr) v = v + native::load(bias + i);
    native::store(y + i, store(v, native::load(y + i)));
  }
  if (i == n) return;
  const Index rest = n - i;
  F32 v = value(load_integers(sums + i, rest), load_integers(w.sums + i, rest),
                w.zeros == nullptr ? U32{} : load_integers(w.zeros + i, rest),
                native::load_part(w.scales + i, rest, 0.0f));
  if (beside != nullptr) v = v + native::load_part(beside + i, rest, 0.0f);
  if (bias != nullptr) v = v + native::load_part(bias + i, rest, 0.0f);
  native::store_part(y + i, store(v, native::load_part(y + i, rest, 0.0f)), rest);
}

void rescale(const std::int32_t* sums, const Int8Rows& w, const Int8Row& x, const float* beside,
             const float* bias, Index n, Epilogue epilogue, float* y) {
  switch (epilogue) {
    case Epilogue::store:
      return rescale_all(sums, w, x, beside, bias, n, y, [](F32 v, F32) { return v; });
    case Epilogue::add:
      return rescale_all(sums, w, x, beside, bias, n, y, [](F32 v, F32 old) { return old + v; });
    case Epilogue::relu:  // a NaN stays one
      return rescale_all(sums, w, x, beside, bias, n, y, [](F32 v, F32) {
        return v < native::splat(0.0f) ? native::splat(0.0f) : v;
      });
  }
}

void add_column(const std::int8_t* codes, const std::int32_t* zeros, float x, Index n,
                float* beside) {
  if (zeros == nullptr) {
    for (Index i = 0; i < n; ++i) beside[i] += x * static_cast<float>(codes[i]);
    return;
  }
  for (Index i = 0; i < n; ++i) beside[i] += x * static_cast<float>(codes[i] - zeros[i]);
}

}  // namespace

namespace NF_SIMD_NAMESPACE {
extern const Int8Kernels int8_kernels = {scale, codes, rescale, add_column};
}  // namespace NF_SIMD_NAMESPACE
}  // namespace nf
