#include "eval/stats/replicate_kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace nf {
namespace {

/// Loops, in the order of the draws.
TEST(ReplicateKernels, AddInTheOrderOfTheDrawsInEveryForm) {
  constexpr Index kReplicates = 7, kDrawn = 5;  // not a multiple of what is added side by side
  constexpr std::size_t kBlocks = 3;
  std::vector<std::uint16_t> draws;
  for (Index i = 0; i < kReplicates * kDrawn; ++i)
    draws.push_back(static_cast<std::uint16_t>(i * i % Index{kBlocks}));
  for (Index registers = 1; registers <= kMostReplicateRegisters; ++registers) {
    const auto width = static_cast<std::size_t>(registers * kReplicateLanes);
    std::vector<double> blocks(kBlocks * width);
    for (std::size_t i = 0; i < blocks.size(); ++i)  // of sizes whose sums depend on their order
      blocks[i] = (i % 2 == 0 ? 1.0 : -1.0) * std::pow(10.0, static_cast<double>(i % 17)) / 3.0;
    for (const Isa isa : {Isa::portable, Isa::avx2, Isa::avx512}) {
      if (isa > cpu_isa()) continue;
      std::vector<double> sums(kReplicates * width), expected(sums.size());
      replicate_kernels(isa).add(blocks.data(), registers, draws.data(), kReplicates, kDrawn,
                                 sums.data());
      for (std::size_t r = 0; r < kReplicates; ++r)
        for (std::size_t d = 0; d < kDrawn; ++d)
          for (std::size_t lane = 0; lane < width; ++lane)
            expected[r * width + lane] += blocks[draws[r * kDrawn + d] * width + lane];
      EXPECT_EQ(sums, expected) << isa_name(isa) << ' ' << registers;
    }
  }
}

}  // namespace
}  // namespace nf
