#pragma once

#include <cstdint>

#include "core/base/types.h"
#include "core/simd/dispatch.h"

namespace nf {

/// Doubles of a register of AVX-512, and the most registers that a block has.
inline constexpr Index kReplicateLanes = 8, kMostReplicateRegisters = 3;

struct ReplicateKernels {
  /// Sums of `replicates` replicates, `drawn` draws each, lane by lane in the order of the draws:
  /// so neither the form nor what else a block holds changes a bit. registers: of a block, 1 to
  /// kMostReplicateRegisters. blocks: [n, registers · kReplicateLanes], those that may be drawn.
  /// draws: [replicates, drawn], the numbers of blocks. sums: [replicates, registers ·
  /// kReplicateLanes].
  void (*add)(const double* blocks, Index registers, const std::uint16_t* draws, Index replicates,
              Index drawn, double* sums);
};
NF_DECLARE_KERNELS(ReplicateKernels, replicate_kernels)

}  // namespace nf
