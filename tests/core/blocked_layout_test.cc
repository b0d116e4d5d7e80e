#include "core/ops/blocked_layout.h"

#include <gtest/gtest.h>

#include <set>

namespace nf {
namespace {

/// "16a64b" for a matrix of [40, 100]: what oneDNN chooses with AVX-512.
BlockedDescription two_blocks() {
  return {.sizes = {40, 100},
          .padded = {48, 128},
          .strides = {16 * 64, 48 * 64},
          .inner = {{0, 16}, {1, 64}},
          .floats = 48 * 128};
}

/// Row-major, [40, 100]: what it chooses without.
BlockedDescription row_major() {
  return {
      .sizes = {40, 100}, .padded = {40, 100}, .strides = {100, 1}, .inner = {}, .floats = 4000};
}

TEST(BlockedLayout, PutsElementsWhereTheDescriptionSays) {
  const auto layout = BlockedLayout::from(two_blocks());
  ASSERT_TRUE(layout);
  const auto& [k, n] = layout->dimensions;
  EXPECT_EQ(k.size(), 40);
  EXPECT_EQ(k.padded(), 48);
  EXPECT_EQ(n.padded(), 128);
  for (const Index i : {0, 1, 15, 16, 17, 39})
    for (const Index j : {0, 1, 63, 64, 99})
      EXPECT_EQ(k.offset(i) + n.offset(j),
                i / 16 * 1024 + i % 16 * 64 + j / 64 * (48 * 64) + j % 64);
}

TEST(BlockedLayout, JoinsDigitsThatMakeOneEvenStride) {
  const auto layout = BlockedLayout::from(two_blocks());
  ASSERT_TRUE(layout);
  const auto& [k, n] = layout->dimensions;
  EXPECT_EQ(k.run(), 48);  // sixteens lie as far apart as sixteen ones
  EXPECT_EQ(k.step(), 64);
  EXPECT_EQ(n.run(), 64);
  EXPECT_EQ(n.step(), 1);
  EXPECT_EQ(n.digits().size(), 2u);
}

TEST(BlockedLayout, RowMajorHasNoBlocks) {
  const auto layout = BlockedLayout::from(row_major());
  ASSERT_TRUE(layout);
  const auto& [k, n] = layout->dimensions;
  EXPECT_EQ(k.run(), 40);
  EXPECT_EQ(k.step(), 100);
  EXPECT_EQ(n.run(), 100);
  EXPECT_EQ(k.offset(7) + n.offset(9), 709);
}

/// "2a8b4a" in blocks of columns: a dimension that is cut twice.
TEST(BlockedLayout, TakesADimensionThatIsCutTwice) {
  const BlockedDescription twice{.sizes = {16, 16},
                                 .padded = {16, 16},
                                 .strides = {128, 64},
                                 .inner = {{0, 2}, {1, 8}, {0, 4}},
                                 .floats = 256};
  const auto layout = BlockedLayout::from(twice);
  ASSERT_TRUE(layout);
  const auto& [k, n] = layout->dimensions;
  EXPECT_EQ(k.run(), 4);
  std::set<Index> places;
  for (Index i = 0; i < 16; ++i)
    for (Index j = 0; j < 16; ++j) {
      const Index place = k.offset(i) + n.offset(j);
      EXPECT_EQ(place, i / 8 * 128 + j / 8 * 64 + i % 8 / 4 * 32 + j % 8 * 4 + i % 4);
      places.insert(place);
    }
  EXPECT_EQ(places.size(), 256u);
  EXPECT_EQ(*places.rbegin(), 255);
}

TEST(BlockedLayout, OneElement) {
  const auto layout = BlockedLayout::from(
      {.sizes = {1, 1}, .padded = {1, 1}, .strides = {1, 1}, .inner = {}, .floats = 1});
  ASSERT_TRUE(layout);
  EXPECT_EQ(layout->dimensions[0].offset(0), 0);
  EXPECT_EQ(layout->dimensions[0].run(), 1);
}

TEST(BlockedLayout, RefusesWhatItDoesNotUnderstand) {
  const auto refused = [](auto change) {
    BlockedDescription d = two_blocks();
    change(d);
    return !BlockedLayout::from(d).has_value();
  };
  EXPECT_FALSE(refused([](BlockedDescription&) {}));
  EXPECT_TRUE(refused([](BlockedDescription& d) { d.floats += 128; })) << "something behind it";
  EXPECT_TRUE(refused([](BlockedDescription& d) { d.strides[1] *= 2; })) << "holes";
  EXPECT_TRUE(refused([](BlockedDescription& d) { d.strides[0] = 64; })) << "overlaps";
  EXPECT_TRUE(refused([](BlockedDescription& d) { d.strides[0] = 0; })) << "broadcast";
  EXPECT_TRUE(refused([](BlockedDescription& d) { d.padded[1] = 100; })) << "part of a block";
  EXPECT_TRUE(refused([](BlockedDescription& d) { d.inner[0].dimension = 2; })) << "dimension";
  EXPECT_TRUE(refused([](BlockedDescription& d) { d.sizes[0] = 49; })) << "size";
  EXPECT_TRUE(refused([](BlockedDescription& d) { d.sizes[0] = -1; })) << "known only when run";
}

}  // namespace
}  // namespace nf
