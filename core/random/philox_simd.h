#pragma once

/// Philox4x32-10 on a register full of consecutive elements, for *.simd.cc files only (internal
/// linkage, as core/simd/native.h). Computes words 0 and 1 of each block: no distribution needs
/// more.

#include "core/simd/native.h"

#if defined(NF_SIMD_avx512) || defined(NF_SIMD_avx2)
#include <immintrin.h>
#else
#include <emmintrin.h>  // SSE2 is part of every x86-64
#endif

namespace nf {
namespace {  // NOLINT(google-build-namespaces): internal linkage is the point
namespace native {

/// The full 64-bit products of the low halves of the lanes.
NF_INLINE U64 multiply_low_halves(U64 a, U64 b) {
#if defined(NF_SIMD_avx512)
  // The form without a mask makes GCC 12 warn about an uninitialised value in its own header.
  return bit_cast<U64>(_mm512_maskz_mul_epu32(0xff, bit_cast<__m512i>(a), bit_cast<__m512i>(b)));
#elif defined(NF_SIMD_avx2)
  return bit_cast<U64>(_mm256_mul_epu32(bit_cast<__m256i>(a), bit_cast<__m256i>(b)));
#else
  return bit_cast<U64>(_mm_mul_epu32(bit_cast<__m128i>(a), bit_cast<__m128i>(b)));
#endif
}

NF_INLINE U64 splat_u64(std::uint64_t v) { return U64{} + v; }

/// Words 0 and 1 of kWidth blocks, in the order of the elements.
struct PhiloxWords {
  U32 word0, word1;
};

/// Ten rounds on kWidth / 2 blocks, one per 64-bit lane, each word in the low half of its lane. The
/// high halves hold what products left over and are never read. `index_high` is the same for all
/// lanes. `shifted`: give the words in the high halves instead.
NF_INLINE void philox_rounds(U64 index_low, std::uint64_t index_high, std::uint64_t key,
                             std::uint64_t seed, bool shifted, U64& word0, U64& word1) {
  const U64 m0 = splat_u64(0xD2511F53), m1 = splat_u64(0xCD9E8D57);
  U64 c0 = index_low, c1 = splat_u64(index_high);
  U64 c2 = splat_u64(seed & 0xffffffff), c3 = splat_u64(seed >> 32);
  std::uint32_t k0 = static_cast<std::uint32_t>(key), k1 = static_cast<std::uint32_t>(key >> 32);
#pragma GCC unroll 9
  for (int round = 0; round < 9; ++round) {
    const U64 product0 = multiply_low_halves(m0, c0);
    const U64 product1 = multiply_low_halves(m1, c2);
    c0 = (product1 >> 32) ^ c1 ^ splat_u64(k0);
    c1 = product1;
    c2 = (product0 >> 32) ^ c3 ^ splat_u64(k1);
    c3 = product0;
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
  // The last round's other product would give words 2 and 3 only.
  const U64 product1 = multiply_low_halves(m1, c2);
  if (shifted) {
    word0 = product1 ^ (c1 << 32) ^ splat_u64(std::uint64_t{k0} << 32);
    word1 = product1 << 32;
  } else {
    word0 = (product1 >> 32) ^ c1 ^ splat_u64(k0);
    word1 = product1;
  }
}

NF_INLINE U32 interleave(U64 even_low, U64 odd_high) {
  const U64 low_half = splat_u64(0xffffffff);
  return bit_cast<U32>((even_low & low_half) | (odd_high & ~low_half));
}

/// Words of the elements index .. index + kWidth - 1; those beyond a carry out of the low half are
/// wrong.
NF_INLINE PhiloxWords philox_words(std::uint64_t index_low, std::uint64_t index_high,
                                   std::uint64_t key, std::uint64_t seed) {
  constexpr std::uint64_t kEven[] = {0, 2, 4, 6, 8, 10, 12, 14};
  U64 even;
  std::memcpy(&even, kEven, sizeof even);
  even += index_low;
  U64 even0, even1, odd0, odd1;
  philox_rounds(even, index_high, key, seed, false, even0, even1);
  philox_rounds(even + 1, index_high, key, seed, true, odd0, odd1);
  return {interleave(even0, odd0), interleave(even1, odd1)};
}

/// Calls use(offset, words, lanes) for consecutive elements in groups of kWidth, the last one with
/// fewer valid lanes. Cuts where the low half of the index wraps, so that its high half is constant
/// in a group.
template <class Use>
NF_INLINE void for_each_philox(Index n, std::uint64_t first_element, std::uint64_t key,
                               std::uint64_t seed, Use use) {
  Index done = 0;
  while (done < n) {
    const std::uint64_t element = first_element + static_cast<std::uint64_t>(done);
    const std::uint64_t index_low = element & 0xffffffff;
    const std::uint64_t index_high = element >> 32;
    const Index until_wrap = static_cast<Index>((std::uint64_t{1} << 32) - index_low);
    const Index run = n - done < until_wrap ? n - done : until_wrap;
    const auto words = [&](Index i) {
      return philox_words(index_low + static_cast<std::uint64_t>(i), index_high, key, seed);
    };
    Index i = 0;
    for (; i + kWidth <= run; i += kWidth) use(done + i, words(i), kWidth);
    if (i < run) use(done + i, words(i), run - i);
    done += run;
  }
}

}  // namespace native
}  // namespace
}  // namespace nf
