#include "eval/stats/replicate_kernels.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

namespace nf {
namespace {

/// Loops, in the order of the draws.
TEST(ReplicateKernels, AddInTheOrderOfTheDrawsInEveryForm) {
  constexpr Index kReplicates = 7, kDrawn = 5;  // not a multiple of what is added side by side
  std::vector<ReplicateSums> blocks(3);
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    const double value = 0.1 * static_cast<double>(b + 1);
    blocks[b] = {.tokens = value,
                 .tokens2 = value * 1e16,
                 .figures = {{value / 3.0, -value, 1e-9 * value}, {7.0, value, 1.0 / value}}};
  }
  std::vector<std::uint16_t> draws;
  for (Index i = 0; i < kReplicates * kDrawn; ++i)
    draws.push_back(static_cast<std::uint16_t>(i * i % std::ssize(blocks)));
  for (const Isa isa : {Isa::portable, Isa::avx2, Isa::avx512}) {
    if (isa > cpu_isa()) continue;
    std::vector<ReplicateSums> sums(kReplicates);
    replicate_kernels(isa).add(blocks.data(), draws.data(), kReplicates, kDrawn, sums.data());
    for (Index r = 0; r < kReplicates; ++r) {
      double expected[8] = {};
      for (Index d = 0; d < kDrawn; ++d) {
        double block[8];
        std::memcpy(block, &blocks[draws[static_cast<std::size_t>(r * kDrawn + d)]], sizeof block);
        for (int i = 0; i < 8; ++i) expected[i] += block[i];
      }
      EXPECT_EQ(std::memcmp(expected, &sums[static_cast<std::size_t>(r)], sizeof expected), 0)
          << isa_name(isa) << ' ' << r;
    }
  }
}

}  // namespace
}  // namespace nf
