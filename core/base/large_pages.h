#pragma once

#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

#include "core/base/types.h"

namespace nf {

/// Memory for `count` floats, uninitialised, 64-byte aligned, for free_floats().
///
/// Pieces of four pages of 2 MiB and more ask the system for pages of that size. A weight is
/// written once into fresh memory, and with pages of 4 KiB that means a fault for every 1024
/// values: on a virtual machine several times what the packing itself takes. It is a wish only: a
/// system that does not grant it makes nothing slower than it was. From four pages on, rounding up
/// costs a quarter more memory at most; smaller pieces are mostly memory that malloc has held
/// before.
///
/// The alignment is made here rather than by std::aligned_alloc: glibc's (2.36) looks for a free
/// piece larger by the alignment and gives the rest back, so that a piece that was freed never fits
/// one of the same size again, and a run of many stages grows with each.
inline float* allocate_floats(Index count) {
  constexpr std::size_t kLine = 64, kLargePage = std::size_t{2} << 20;
  const std::size_t bytes = static_cast<std::size_t>(count) * sizeof(float);
  const bool large = bytes >= 4 * kLargePage;
  const std::size_t alignment = large ? kLargePage : kLine;
  const std::size_t rounded = (bytes + alignment - 1) / alignment * alignment;
  // Room to align, and for the piece's beginning, which free_floats() finds before the values.
  void* const piece = std::malloc(rounded + alignment + sizeof(void*));
  if (piece == nullptr) throw std::bad_alloc();
  char* const first = static_cast<char*>(piece) + sizeof(void*);
  const std::size_t beyond = reinterpret_cast<std::uintptr_t>(first) % alignment;
  char* const p = first + (beyond == 0 ? 0 : alignment - beyond);
  std::memcpy(p - sizeof(void*), &piece, sizeof(void*));
  if (large) madvise(p, rounded, MADV_HUGEPAGE);
  return reinterpret_cast<float*>(p);
}

/// Gives back what allocate_floats() gave; null is nothing.
inline void free_floats(float* p) {
  if (p == nullptr) return;
  void* piece = nullptr;
  std::memcpy(&piece, reinterpret_cast<char*>(p) - sizeof(void*), sizeof(void*));
  std::free(piece);
}

}  // namespace nf
