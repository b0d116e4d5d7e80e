#include "eval/stats/replicate_kernels.h"

#include "core/simd/vec.h"

namespace nf {
namespace NF_SIMD_NAMESPACE {
namespace {

/// The sums of one replicate, which are added each by itself: so all forms give the same bits.
using Sums [[gnu::vector_size(sizeof(ReplicateSums))]] = double;

/// Sums wait for each other, so several replicates are added side by side.
template <Index kSideBySide>
NF_INLINE void add_some(const ReplicateSums* blocks, const std::uint16_t* draws, Index drawn,
                        ReplicateSums* sums) {
  Sums totals[kSideBySide] = {};
  for (Index draw = 0; draw < drawn; ++draw) {
    for (Index r = 0; r < kSideBySide; ++r) {
      Sums block;
      std::memcpy(&block, blocks + draws[r * drawn + draw], sizeof block);
      totals[r] += block;
    }
  }
  for (Index r = 0; r < kSideBySide; ++r)
    std::memcpy(static_cast<void*>(sums + r), &totals[r], sizeof totals[r]);
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
