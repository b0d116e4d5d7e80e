#include "eval/stats/replicate_kernels.h"

#include "core/simd/vec.h"

namespace nf {
namespace NF_SIMD_NAMESPACE {
namespace {

/// A register's sums, which are added each by itself: so all forms give the same bits.
using Sums [[gnu::vector_size(kReplicateLanes * sizeof(double))]] = double;

/// Sums wait for each other, so several replicates are added side by side.
template <Index kRegisters, Index kSideBySide>
NF_INLINE void add_some(const double* blocks, const std::uint16_t* draws, Index drawn,
                        double* sums) {
  constexpr Index kRow = kRegisters * kReplicateLanes;
  Sums totals[kSideBySide][kRegisters] = {};
  for (Index draw = 0; draw < drawn; ++draw) {
    for (Index r = 0; r < kSideBySide; ++r) {
      const double* const row = blocks + draws[r * drawn + draw] * kRow;
      for (Index k = 0; k < kRegisters; ++k) {
        Sums block;
        std::memcpy(&block, row + k * kReplicateLanes, sizeof block);
        totals[r][k] += block;
      }
    }
  }
  for (Index r = 0; r < kSideBySide; ++r)
    std::memcpy(sums + r * kRow, &totals[r], sizeof totals[r]);
}

template <Index kRegisters, Index kSideBySide>
void add_all(const double* blocks, const std::uint16_t* draws, Index replicates, Index drawn,
             double* sums) {
  constexpr Index kRow = kRegisters * kReplicateLanes;
  Index r = 0;
  for (; r + kSideBySide <= replicates; r += kSideBySide)
    add_some<kRegisters, kSideBySide>(blocks, draws + r * drawn, drawn, sums + r * kRow);
  for (; r < replicates; ++r)
    add_some<kRegisters, 1>(blocks, draws + r * drawn, drawn, sums + r * kRow);
}

void add(const double* blocks, Index registers, const std::uint16_t* draws, Index replicates,
         Index drawn, double* sums) {
  if (registers == 1)
    add_all<1, 4>(blocks, draws, replicates, drawn, sums);
  else if (registers == 2)
    add_all<2, 2>(blocks, draws, replicates, drawn, sums);
  else
    add_all<3, 2>(blocks, draws, replicates, drawn, sums);
}

}  // namespace

extern const ReplicateKernels replicate_kernels = {add};

}  // namespace NF_SIMD_NAMESPACE
}  // namespace nf
