#pragma once

#include <sys/mman.h>

#include <cstdlib>
#include <new>

#include "core/base/types.h"

namespace nf {

/// Memory for `count` floats, uninitialised, 64-byte aligned, for std::free.
///
/// Large pieces ask the system for pages of 2 MiB. A weight is written once into fresh memory, and
/// with pages of 4 KiB that means a fault for every 1024 values: on a virtual machine several times
/// what the packing itself takes. A wish only: where it is not granted, all stays as slow as it
/// was. From four such pages on, so that rounding up costs a quarter more memory at most; smaller
/// pieces are mostly memory that malloc has held before.
inline float* allocate_floats(Index count) {
  constexpr std::size_t kLine = 64, kLargePage = std::size_t{2} << 20;
  const std::size_t bytes = static_cast<std::size_t>(count) * sizeof(float);
  const bool large = bytes >= 4 * kLargePage;
  const std::size_t alignment = large ? kLargePage : kLine;
  const std::size_t rounded = (bytes + alignment - 1) / alignment * alignment;
  void* const p = std::aligned_alloc(alignment, rounded);
  if (p == nullptr) throw std::bad_alloc();
  if (large) madvise(p, rounded, MADV_HUGEPAGE);
  return static_cast<float*>(p);
}

}  // namespace nf
