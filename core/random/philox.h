#pragma once

#include <array>
#include <cstdint>

#include "core/base/types.h"
#include "core/simd/dispatch.h"

namespace nf {

/// Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC
/// 2011, section 3.3): a keyed bijection of 128-bit counters. Its output is a pure function of
/// counter and key, so a draw never depends on threads, tiles, order or shards.
using PhiloxBlock = std::array<std::uint32_t, 4>;
PhiloxBlock philox4x32_10(const PhiloxBlock& counter, const std::array<std::uint32_t, 2>& key);

/// The block that belongs to one element of a site: counter words 0 and 1 are the element's index
/// (low, high), 2 and 3 the seed (low, high); the key words are the draw key (low, high). No two
/// elements share a block.
PhiloxBlock element_block(std::uint64_t element, std::uint64_t key, std::uint64_t seed);

/// Philox over runs of consecutive elements, one form per instruction set.
struct PhiloxKernels {
  /// draws[i] <- word1 · 2^32 + word0 of element_block(first_element + i, key, seed), 0 <= i < n.
  void (*draw_u64)(std::uint64_t* draws, Index n, std::uint64_t first_element, std::uint64_t key,
                   std::uint64_t seed);
};
NF_DECLARE_KERNELS(PhiloxKernels, philox_kernels)

}  // namespace nf
