#include "core/base/large_pages.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

namespace nf {
namespace {

using Floats = std::unique_ptr<float[], decltype(&free_floats)>;

bool aligned(const Floats& floats, std::uintptr_t alignment) {
  return reinterpret_cast<std::uintptr_t>(floats.get()) % alignment == 0;
}

TEST(LargePages, PiecesOfAnySizeAreAlignedAndWhole) {
  for (const Index count : {1, 15, 16, 1000, 1 << 20, (1 << 21) - 1, 1 << 21, 3000001}) {
    const Floats floats(allocate_floats(count), free_floats);
    EXPECT_TRUE(aligned(floats, 64)) << count;
    std::fill_n(floats.get(), count, 3.0f);
    EXPECT_EQ(floats[static_cast<std::size_t>(count - 1)], 3.0f);
  }
}

/// Else no large page would fit: the system gives them at their own multiples only.
TEST(LargePages, LargePiecesBeginAtAPage) {
  EXPECT_TRUE(aligned({allocate_floats(1 << 21), free_floats}, std::uintptr_t{2} << 20));
  EXPECT_TRUE(aligned({allocate_floats(3000001), free_floats}, std::uintptr_t{2} << 20));
}

/// The next stage's pieces must be able to take the memory that a run gave back after the last
/// one's, where they have the same size.
TEST(LargePages, APieceThatWasFreedFitsOneOfItsSize) {
  // Above a size that malloc maps by itself at first, and learns not to.
  constexpr Index kCount = 800'000;
  constexpr int kPieces = 8, kRounds = 12;
  const auto brk_end = [] { return reinterpret_cast<std::uintptr_t>(sbrk(0)); };
  const auto round = [] {
    std::vector<Floats> pieces;
    std::vector<std::unique_ptr<int>> small;  // stay between the pieces, as records do
    for (int i = 0; i < kPieces; ++i) {
      pieces.emplace_back(allocate_floats(kCount), free_floats);
      small.push_back(std::make_unique<int>(i));
    }
    return small;
  };
  std::vector<std::vector<std::unique_ptr<int>>> kept;
  kept.push_back(round());
  kept.push_back(round());
  const std::uintptr_t before = brk_end();
  for (int i = 0; i < kRounds; ++i) kept.push_back(round());
  // Without reuse every round would take all its pieces anew.
  EXPECT_LT(brk_end() - before, kPieces * kCount * sizeof(float));
}

}  // namespace
}  // namespace nf
