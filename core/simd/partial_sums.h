#pragma once

/// Sums in double over a run of floats for *.simd.cc files: sixteen columns are added up side by
/// side, then together in their order, so that every form gives the same bits. Everything has
/// internal linkage, as in core/simd/native.h.

#include "core/simd/native.h"

namespace nf {
namespace {
namespace native {

using I64 [[gnu::vector_size(kBytes)]] = std::int64_t;

inline constexpr Index kWideWidth = kBytes / 8;  ///< doubles in a register
inline constexpr Index kPartialSums = 16;
inline constexpr Index kParts = kPartialSums / kWideWidth;  ///< registers of a sum

/// The first `lanes` values, widened; the other lanes are 0.
NF_INLINE F64 load_wide(const float* p, Index lanes) {
  F32Half v{};
  std::memcpy(&v, p, static_cast<std::size_t>(lanes) * sizeof(float));
  return __builtin_convertvector(v, F64);
}

/// All bits of the first `lanes` lanes.
NF_INLINE I64 first_lanes(Index lanes) {
  I64 mask{};
  for (Index lane = 0; lane < lanes; ++lane) mask[lane] = -1;
  return mask;
}
NF_INLINE F64 masked(F64 v, I64 mask) { return bit_cast<F64>(bit_cast<I64>(v) & mask); }

/// Calls use(part, at, lanes, mask) for all pieces of a run of n values: `lanes` values from `at`
/// on are for partial sums `part`, and those of the mask's lanes count.
template <class Use>
NF_INLINE void for_each_part(Index n, const Use& use) {
  Index i = 0;
  for (; i + kPartialSums <= n; i += kPartialSums)
    for (Index part = 0; part < kParts; ++part)
      use(part, i + part * kWideWidth, kWideWidth, ~I64{});
  for (Index part = 0; i < n; i += kWideWidth, ++part) {
    const Index lanes = n - i < kWideWidth ? n - i : kWideWidth;
    use(part, i, lanes, first_lanes(lanes));
  }
}

/// One of the sums that `Part` holds, its columns in their order.
template <class Part, class Vector>
NF_INLINE auto sum_field(const Part (&parts)[kParts], Vector Part::*field) {
  auto total = (parts[0].*field)[0] * 0;
  for (const Part& part : parts)
    for (Index lane = 0; lane < kWideWidth; ++lane) total += (part.*field)[lane];
  return total;
}

}  // namespace native
}  // namespace
}  // namespace nf
