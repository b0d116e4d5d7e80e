#include "core/base/large_pages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>

namespace nf {
namespace {

using Floats = std::unique_ptr<float[], decltype(&std::free)>;

bool aligned(const Floats& floats, std::uintptr_t alignment) {
  return reinterpret_cast<std::uintptr_t>(floats.get()) % alignment == 0;
}

TEST(LargePages, PiecesOfAnySizeAreAlignedAndWhole) {
  for (const Index count : {1, 15, 16, 1000, 1 << 20, (1 << 21) - 1, 1 << 21, 3000001}) {
    const Floats floats(allocate_floats(count), std::free);
    EXPECT_TRUE(aligned(floats, 64)) << count;
    std::fill_n(floats.get(), count, 3.0f);
    EXPECT_EQ(floats[static_cast<std::size_t>(count - 1)], 3.0f);
  }
}

/// Else no large page would fit: the system gives them at their own multiples only.
TEST(LargePages, LargePiecesBeginAtAPage) {
  EXPECT_TRUE(aligned({allocate_floats(1 << 21), std::free}, std::uintptr_t{2} << 20));
  EXPECT_TRUE(aligned({allocate_floats(3000001), std::free}, std::uintptr_t{2} << 20));
}

}  // namespace
}  // namespace nf
