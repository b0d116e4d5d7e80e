#pragma once

#include <cstdint>

#include "core/base/types.h"
#include "core/simd/dispatch.h"

namespace nf {

/// Sums of a replicate of BlockBootstrap over its blocks, one register of AVX-512 a block: of two
/// figures over the same tokens, for these are the same sums then.
struct ReplicateSums {
  double tokens = 0.0, tokens2 = 0.0;  ///< tokens, and their squares
  struct Figure {
    double sum = 0.0, cross = 0.0, sum2 = 0.0;  ///< sum, tokens·sum, sum²
  };
  Figure figures[2] = {};
};

struct ReplicateKernels {
  /// Sums of `replicates` replicates, `drawn` draws each, in the order of the draws. blocks: those
  /// that may be drawn. draws: [replicates, drawn], the numbers of blocks. sums: [replicates].
  void (*add)(const ReplicateSums* blocks, const std::uint16_t* draws, Index replicates,
              Index drawn, ReplicateSums* sums);
};
NF_DECLARE_KERNELS(ReplicateKernels, replicate_kernels)

}  // namespace nf
