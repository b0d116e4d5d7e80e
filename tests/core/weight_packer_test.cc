/// A weight packed by our own code is, float by float, the one that oneDNN's reorder makes. The
/// suite runs under other instruction sets as well (ONEDNN_MAX_CPU_ISA), which have other layouts.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/ops/gemm.h"
#include "core/ops/gemm_backend.h"
#include "tests/support/linear_case.h"
#include "tests/support/tensor_near.h"
#include "tests/support/threads.h"

namespace nf {
namespace {

/// Both packed forms of a weight, as rows.
ConstMatrixView as_row(const PackedWeight& w) {
  return {w.values().data(), 1, static_cast<Index>(w.values().size())};
}

PackedWeight pack_with_library(ConstMatrixView w) {
  WeightPacker packer(w.rows(), w.cols(), {}, Packing::library);
  packer.put_rows(0, w);
  return std::move(packer).finish();
}

/// w as oneDNN's reorder packs it, in memory full of something else.
Matrix reordered(ConstMatrixView w) {
  Matrix packed(1, packed_form(w.rows(), w.cols()).floats);
  packed.fill(-77.0f);
  reorder_weight(w, packed.data());
  return packed;
}

/// [out, in]: below, at and above the sizes of blocks; odd ones; those of models.
const std::vector<std::pair<Index, Index>> kShapes = {
    {1, 1},   {1, 64},  {64, 1},   {17, 1},    {1, 300},   {15, 16},  {16, 15},   {16, 16},
    {31, 17}, {33, 64}, {63, 65},  {64, 64},   {65, 63},   {127, 97}, {128, 128}, {129, 31},
    {53, 37}, {40, 96}, {100, 48}, {1000, 72}, {1024, 64}, {197, 331}};

TEST(SameBitsWeightPacker, OwnPackingIsTheLibrarys) {
  for (const auto& [out, in] : kShapes) {
    const Matrix w = random_matrix(out, in, 3);
    EXPECT_TRUE(equal_bits(as_row(pack_weight(w)), reordered(w))) << out << " x " << in;
  }
}

/// All sizes of both kinds around two blocks, with few rows and with few columns.
TEST(SameBitsWeightPacker, OwnPackingIsTheLibrarysForEverySmallSize) {
  const Matrix wide = random_matrix(140, 140, 4);
  for (Index i = 1; i <= 140; ++i)
    for (const Index j : {1, 7, 66}) {
      const ConstMatrixView flat = wide.view().middle_rows(0, j).middle_cols(0, i),
                            tall = wide.view().middle_rows(0, i).middle_cols(0, j);
      ASSERT_TRUE(equal_bits(as_row(pack_weight(flat)), reordered(flat))) << j << " x " << i;
      ASSERT_TRUE(equal_bits(as_row(pack_weight(tall)), reordered(tall))) << i << " x " << j;
    }
}

TEST(SlowWeightPacker, OwnPackingIsTheLibrarysForLargeShapes) {
  for (const auto& [out, in] : std::vector<std::pair<Index, Index>>{
           {768, 768}, {3072, 768}, {50265, 40}, {4096, 4096}, {11008, 4096}, {4096, 11008}}) {
    const Matrix w = random_matrix(out, in, 5);
    EXPECT_TRUE(equal_bits(as_row(pack_weight(w)), reordered(w))) << out << " x " << in;
  }
}

TEST(SameBitsWeightPacker, ThroughTheLibraryAsWell) {
  for (const auto& [out, in] : kShapes) {
    const Matrix w = random_matrix(out, in, 3);
    EXPECT_TRUE(equal_bits(as_row(pack_with_library(w)), reordered(w))) << out << " x " << in;
  }
}

/// NaNs and zeros keep every bit: packing computes nothing.
TEST(SameBitsWeightPacker, AnyBitPatternGoesThrough) {
  Matrix w(70, 30);
  for (Index i = 0; i < w.size(); ++i) {
    const auto bits = static_cast<std::uint32_t>(i) * 2654435761u;
    std::copy_n(reinterpret_cast<const char*>(&bits), sizeof bits,
                reinterpret_cast<char*>(w.data() + i));
  }
  w(0, 0) = -0.0f;
  EXPECT_TRUE(equal_bits(as_row(pack_weight(w)), reordered(w)));
}

TEST(SameBitsWeightPacker, BlocksOfRowsFromSeveralThreadsMakeTheWhole) {
  for (const auto& [out, in] :
       std::vector<std::pair<Index, Index>>{{1, 9}, {64, 40}, {700, 129}, {1024, 96}})
    for (const Packing packing : {Packing::own, Packing::library}) {
      const Matrix w = random_matrix(out, in, 6);
      WeightPacker packer(out, in, {}, packing);
      const Index rows = out, block = packer.row_block();
      const Threads guard(3);
      parallel_for((rows + block - 1) / block, [&](Index i) {
        const Index first = i * block;
        packer.put_rows(first, w.view().middle_rows(first, std::min(block, rows - first)));
      });
      EXPECT_TRUE(equal_bits(as_row(std::move(packer).finish()), reordered(w)))
          << out << " x " << in;
    }
}

TEST(SameBitsWeightPacker, BothPackingsGiveTheSameProduct) {
  const LinearCase c = make_case(130, 75, 41, true);
  Matrix own(130, 41), library(130, 41);
  linear(c.x, pack_weight(c.w), c.bias, own);
  linear(c.x, pack_with_library(c.w), c.bias, library);
  EXPECT_TRUE(equal_bits(own, library));
}

/// Else everything here compares the library with itself. A layout that we do not understand is no
/// error, only slow.
TEST(SameBitsWeightPacker, TheLayoutsChosenHereAreUnderstood) {
  for (const auto& [out, in] : kShapes)
    EXPECT_TRUE(packed_form(out, in).layout.has_value()) << out << " x " << in;
}

TEST(WeightPacker, SaysHowLargeTheWeightIs) {
  const PackedWeight w = pack_weight(random_matrix(20, 30, 1));
  EXPECT_EQ(w.out(), 20);
  EXPECT_EQ(w.in(), 30);
  EXPECT_GE(w.bytes(), 20 * 30 * 4);
  EXPECT_EQ(w.bytes(), static_cast<Index>(w.values().size() * sizeof(float)));
  EXPECT_EQ(PackedWeight().bytes(), 0);
}

TEST(WeightPacker, EveryRowMustBePutOnceAndInPlace) {
  for (const Packing packing : {Packing::own, Packing::library}) {
    const Matrix w = random_matrix(200, 20, 1);
    WeightPacker packer(200, 20, {}, packing);
    const Index block = packer.row_block();
    EXPECT_THROW(packer.put_rows(1, w.view().middle_rows(1, block)), InternalError);
    EXPECT_THROW(packer.put_rows(0, w.view().middle_rows(0, block + 1)), InternalError);
    EXPECT_THROW(packer.put_rows(-block, w.view().middle_rows(0, block)), InternalError);
    EXPECT_THROW(packer.put_rows(block, w), InternalError);
    EXPECT_THROW(packer.put_rows(0, w.view().middle_cols(0, 19)), InternalError);
    packer.put_rows(0, w.view().middle_rows(0, block));
    EXPECT_THROW(std::move(packer).finish(), InternalError);
  }
}

/// The next layer's weight goes where the last one's was; a weight that somebody still holds is
/// left alone.
TEST(WeightPacker, TakesTheMemoryOfAWeightThatNobodyHolds) {
  const Matrix first = random_matrix(70, 33, 1), second = random_matrix(70, 33, 2);
  const auto pack_into = [](const Matrix& w, PackedWeight used) {
    WeightPacker packer(w.rows(), w.cols(), std::move(used));
    packer.put_rows(0, w);
    return std::move(packer).finish();
  };
  const PackedWeight expected = pack_weight(second);
  PackedWeight weight = pack_weight(first);
  const float* const memory = weight.values().data();
  const PackedWeight held = weight;
  PackedWeight other = pack_into(second, std::move(weight));
  EXPECT_NE(other.values().data(), memory);
  EXPECT_TRUE(std::ranges::equal(held.values(), pack_weight(first).values()));
  const float* const its_memory = other.values().data();
  const PackedWeight again = pack_into(second, std::move(other));
  EXPECT_EQ(again.values().data(), its_memory);
  EXPECT_TRUE(std::ranges::equal(again.values(), expected.values()));
  const PackedWeight larger = pack_into(random_matrix(700, 33, 3), pack_weight(first));
  EXPECT_EQ(larger.out(), 700);
}

TEST(WeightPacker, PacksHalvesRowByRowInUsedMemory) {
  const Matrix w = random_matrix(200, 71, 1);
  const PackedWeight at_once = pack_weight(w, {}, {.summation = Summation::halves});
  ASSERT_EQ(at_once.halves().size(), 2u);
  EXPECT_EQ(at_once.in(), 71);
  EXPECT_EQ(at_once.out(), 200);
  EXPECT_EQ(at_once.halves()[0].in(), 35);
  EXPECT_EQ(at_once.halves()[1].in(), 36);
  EXPECT_EQ(at_once.bytes(), at_once.halves()[0].bytes() + at_once.halves()[1].bytes());
  PackedWeight used = pack_weight(random_matrix(200, 71, 2), {}, {.summation = Summation::halves});
  const float* const memory = used.halves()[0].values().data();
  WeightPacker packer(200, 71, std::move(used), Packing::own, {.summation = Summation::halves});
  const Index block = packer.row_block();
  for (Index first = 0; first < 200; first += block)
    packer.put_rows(first, w.view().middle_rows(first, std::min(block, 200 - first)));
  const PackedWeight packed = std::move(packer).finish();
  EXPECT_EQ(packed.halves()[0].values().data(), memory);
  for (std::size_t half = 0; half < 2; ++half)
    EXPECT_TRUE(
        std::ranges::equal(packed.halves()[half].values(), at_once.halves()[half].values()));
}

}  // namespace
}  // namespace nf
