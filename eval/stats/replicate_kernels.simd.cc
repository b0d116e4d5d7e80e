#include "eval/stats/replicate_kernels.h"

#include <cstring>

#include "core/simd/native.h"

namespace nf {
namespace NF_SIMD_NAMESPACE {
namespace {

using native::F64;

/// Doubles of a register of the machine. Registers are added each by itself, so all forms give the
/// same bits; a vector wider than registers would go through memory at each addition.
constexpr Index kLanes = sizeof(F64) / sizeof(double);
static_assert(kReplicateLanes % kLanes == 0);

/// Part by part: a copy of more than a register is made in pieces, which additions then wait for.
NF_INLINE F64 load_part(const double* block, Index part) {
  F64 v;
  std::memcpy(&v, block + part * kLanes, sizeof v);
  return v;
}

/// Sums wait for each other, so several replicates are added side by side.
template <Index kRegisters, Index kSideBySide>
NF_INLINE void add_some(const double* blocks, const std::uint16_t* draws, Index drawn,
                        double* sums) {
  constexpr Index kRow = kRegisters * kReplicateLanes, kParts = kRow / kLanes;
  F64 totals[kSideBySide][kParts] = {};
  for (Index draw = 0; draw < drawn; ++draw) {
#pragma GCC unroll 4  // kSideBySide: registers have no numbers that a loop could count
    for (Index r = 0; r < kSideBySide; ++r)
#pragma GCC unroll 12  // kParts, at most
      for (Index part = 0; part < kParts; ++part)
        totals[r][part] += load_part(blocks + draws[r * drawn + draw] * kRow, part);
  }
  for (Index r = 0; r < kSideBySide; ++r) std::memcpy(sums + r * kRow, totals[r], sizeof totals[r]);
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
