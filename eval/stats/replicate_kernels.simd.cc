#include "eval/stats/replicate_kernels.h"

#include <cstddef>
#include <cstring>

#include "core/simd/native.h"

namespace nf {
namespace NF_SIMD_NAMESPACE {
namespace {

using native::F64;

/// Registers that the sums of one replicate fill, which are added each by itself: so all forms give
/// the same bits. A vector wider than registers would go through memory at each addition.
constexpr Index kParts = sizeof(ReplicateSums) / sizeof(F64);
static_assert(kParts * sizeof(F64) == sizeof(ReplicateSums));

/// Part by part: a copy of more than a register is made in pieces, which additions then wait for.
NF_INLINE F64 load_part(const ReplicateSums& block, Index part) {
  F64 v;
  std::memcpy(&v, reinterpret_cast<const std::byte*>(&block) + part * Index{sizeof v}, sizeof v);
  return v;
}

/// Sums wait for each other, so several replicates are added side by side.
template <Index kSideBySide>
NF_INLINE void add_some(const ReplicateSums* blocks, const std::uint16_t* draws, Index drawn,
                        ReplicateSums* sums) {
  F64 totals[kSideBySide][kParts] = {};
  for (Index draw = 0; draw < drawn; ++draw) {
#pragma GCC unroll 4  // kSideBySide: registers have no numbers that a loop could count
    for (Index r = 0; r < kSideBySide; ++r)
#pragma GCC unroll 4  // kParts, at most
      for (Index part = 0; part < kParts; ++part)
        totals[r][part] += load_part(blocks[draws[r * drawn + draw]], part);
  }
  for (Index r = 0; r < kSideBySide; ++r)
    std::memcpy(static_cast<void*>(sums + r), totals[r], sizeof totals[r]);
}

void add(const ReplicateSums* blocks, const std::uint16_t* draws, Index replicates, Index drawn,
         ReplicateSums* sums) {
  constexpr Index kSideBySide = 4;
  Index r = 0;
  for (; r + kSideBySide <= replicates; r += kSideBySide)
    add_some<kSideBySide>(blocks, draws + r * drawn, drawn, sums + r);
  for (; r < replicates; ++r) add_some<1>(blocks, draws + r * drawn, drawn, sums + r);
}

}  // namespace

extern const ReplicateKernels replicate_kernels = {add};

}  // namespace NF_SIMD_NAMESPACE
}  // namespace nf
