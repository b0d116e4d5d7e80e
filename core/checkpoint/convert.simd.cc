#include "core/checkpoint/convert.h"

#include "core/simd/native.h"

#if defined(NF_SIMD_avx512) || defined(NF_SIMD_avx2)
#include <immintrin.h>
#endif

namespace nf {
namespace {

using native::bit_cast;
using native::F32;
using native::kWidth;
using native::U32;
/// As many lanes as F32, of two bytes each.
using Half [[gnu::vector_size(native::kBytes / 2)]] = std::uint16_t;

/// The sign bit of a lane is set when its value is infinite or NaN: those alone have all exponent
/// bits set, and one more unit of the exponent carries into the sign.
NF_INLINE U32 not_finite(U32 bits) { return (bits & 0x7fffffffu) + 0x00800000u; }

struct FromF32 {
  using Stored = U32;
  NF_INLINE static U32 bits(U32 stored) { return stored; }
};

struct FromBf16 {
  using Stored = Half;
  NF_INLINE static U32 bits(Half stored) { return __builtin_convertvector(stored, U32) << 16; }
};

struct FromF16 {
  using Stored = Half;
#if defined(NF_SIMD_avx512)
  NF_INLINE static U32 bits(Half stored) {
    // The form with a mask, all ones: GCC 12 warns about the plain one's undefined source register.
    return bit_cast<U32>(_mm512_maskz_cvtph_ps(0xffff, bit_cast<__m256i>(stored)));
  }
#elif defined(NF_SIMD_avx2)
  NF_INLINE static U32 bits(Half stored) {
    return bit_cast<U32>(_mm256_cvtph_ps(bit_cast<__m128i>(stored)));
  }
#else
  /// Exponent and mantissa move into place and the bias grows by 112; infinities and NaNs need
  /// another 112 to fill the wider exponent. Subnormals are their mantissa times 2^-24, which f32
  /// holds as normal numbers.
  NF_INLINE static U32 bits(Half stored) {
    const U32 half = __builtin_convertvector(stored, U32);
    const U32 magnitude = half & 0x7fffu;
    const U32 rebias = U32{} + (112u << 23);
    const U32 top = magnitude >= 0x7c00u ? rebias : U32{};
    const U32 quiet = magnitude > 0x7c00u ? U32{} + 0x00400000u : U32{};
    const U32 normal = ((magnitude << 13) + rebias + top) | quiet;
    const F32 mantissa = __builtin_convertvector(bit_cast<native::I32>(magnitude), F32);
    const U32 subnormal = bit_cast<U32>(mantissa * 0x1p-24f);
    return (magnitude < 0x0400u ? subnormal : normal) | ((half & 0x8000u) << 16);
  }
#endif
};

template <class From>
bool convert(const void* in, Index n, float* out) {
  using Stored = typename From::Stored;
  constexpr Index kStoredBytes = static_cast<Index>(sizeof(Stored)) / kWidth;
  const char* const source = static_cast<const char*>(in);
  U32 bad{};
  Index i = 0;
  for (; i + kWidth <= n; i += kWidth) {
    Stored stored;
    std::memcpy(&stored, source + i * kStoredBytes, sizeof stored);
    const U32 bits = From::bits(stored);
    bad |= not_finite(bits);
    native::store(out + i, bit_cast<F32>(bits));
  }
  if (i < n) {
    Stored stored{};
    std::memcpy(&stored, source + i * kStoredBytes,
                static_cast<std::size_t>((n - i) * kStoredBytes));
    const U32 bits = From::bits(stored);
    bad |= not_finite(bits);
    native::store_part(out + i, bit_cast<F32>(bits), n - i);
  }
  std::uint32_t any = 0;
  for (Index lane = 0; lane < kWidth; ++lane) any |= bad[lane];
  return (any >> 31) == 0;
}

/// Rare, so written for no particular width.
bool convert_f64(const void* in, Index n, float* out) {
  const char* const source = static_cast<const char*>(in);
  std::uint32_t bad = 0;
  for (Index i = 0; i < n; ++i) {
    double stored = 0.0;
    std::memcpy(&stored, source + i * static_cast<Index>(sizeof stored), sizeof stored);
    out[i] = static_cast<float>(stored);
    std::uint32_t bits = 0;
    std::memcpy(&bits, out + i, sizeof bits);
    bad |= (bits & 0x7fffffffu) + 0x00800000u;  // as not_finite()
  }
  return (bad >> 31) == 0;
}

}  // namespace

namespace NF_SIMD_NAMESPACE {
extern const ConvertKernels convert_kernels = {convert<FromF32>, convert<FromF16>,
                                               convert<FromBf16>, convert_f64};
}  // namespace NF_SIMD_NAMESPACE
}  // namespace nf
