/// The packer's kernels and pack_rows() for layouts of every kind, also those that no library here
/// chooses, against the definition: each element at the place its layout says.

#include "core/ops/pack.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/ops/blocked_layout.h"
#include "tests/support/random_matrix.h"
#include "tests/support/tensor_near.h"

namespace nf {
namespace {

constexpr Isa kForms[] = {Isa::portable, Isa::avx2, Isa::avx512};

bool runs_here(Isa isa) { return static_cast<int>(isa) <= static_cast<int>(cpu_isa()); }

struct NamedLayout {
  std::string name;
  BlockedLayout layout;
  Index floats;
};

/// in_blocks and out_blocks: the sizes of the inner blocks by dimension, given in the order in
/// which they lie.
NamedLayout make_layout(const std::string& name, Index in, Index out,
                        std::vector<BlockedDescription::Inner> inner, bool rows_outside) {
  BlockedDescription d{.sizes = {in, out}, .padded = {}, .strides = {}, .inner = std::move(inner)};
  std::array<Index, 2> block{1, 1};
  for (const auto& [dimension, size] : d.inner) block[static_cast<std::size_t>(dimension)] *= size;
  for (std::size_t i = 0; i < 2; ++i)
    d.padded[i] = (d.sizes[i] + block[i] - 1) / block[i] * block[i];
  const std::size_t outer = rows_outside ? 1 : 0, middle = 1 - outer;
  d.strides[middle] = block[0] * block[1];
  d.strides[outer] = d.strides[middle] * (d.padded[middle] / block[middle]);
  d.floats = d.padded[0] * d.padded[1];
  const auto layout = BlockedLayout::from(d);
  EXPECT_TRUE(layout) << name;
  return {name + " of " + std::to_string(out) + " x " + std::to_string(in), *layout, d.floats};
}

std::vector<NamedLayout> layouts(Index in, Index out) {
  return {make_layout("16a64b", in, out, {{0, 16}, {1, 64}}, true),
          make_layout("16a64b, k outside", in, out, {{0, 16}, {1, 64}}, false),
          make_layout("16a48b", in, out, {{0, 16}, {1, 48}}, true),
          make_layout("8a24b", in, out, {{0, 8}, {1, 24}}, true),
          make_layout("8b", in, out, {{1, 8}}, true),
          make_layout("80a16b, k outside", in, out, {{0, 80}, {1, 16}}, false),
          make_layout("2a16b4a", in, out, {{0, 2}, {1, 16}, {0, 4}}, true),
          make_layout("row-major", in, out, {}, false),
          make_layout("column-major", in, out, {}, true)};
}

/// Past the end of a packed weight, so that whoever writes there is found out.
constexpr Index kBeyond = 64;
constexpr float kUntouched = -77.0f;

Matrix expected_floats(const BlockedLayout& layout, Index floats, ConstMatrixView w) {
  Matrix packed(1, floats + kBeyond);
  packed.fill(kUntouched);
  std::fill_n(packed.data(), floats, 0.0f);
  for (Index r = 0; r < w.rows(); ++r)
    for (Index c = 0; c < w.cols(); ++c)
      packed(0, layout.dimensions[0].offset(c) + layout.dimensions[1].offset(r)) = w(r, c);
  return packed;
}

TEST(PackRows, PutsEveryElementAndZerosIntoThePaddingInEveryForm) {
  for (const Index in : {1, 3, 16, 37, 64, 131})
    for (const Index out : {1, 15, 16, 17, 64, 100, 197}) {
      // Views into a wider matrix: rows of any alignment.
      const Matrix wide = random_matrix(out, in + 5, 1);
      const ConstMatrixView w = wide.view().middle_cols(3, in);
      for (const auto& [name, layout, floats] : layouts(in, out)) {
        const Matrix expected = expected_floats(layout, floats, w);
        for (const Isa isa : kForms) {
          if (!runs_here(isa)) continue;
          Matrix packed(1, floats + kBeyond);
          packed.fill(kUntouched);
          pack_rows(layout, 0, w, packed.data(), pack_kernels(isa));
          ASSERT_TRUE(equal_bits(packed, expected)) << name << ", " << isa_name(isa);
        }
      }
    }
}

TEST(PackRows, BlocksOfRowsInAnyOrderMakeTheWhole) {
  const Index in = 70, out = 333;
  const Matrix w = random_matrix(out, in, 1);
  for (const auto& [name, layout, floats] : layouts(in, out)) {
    const Matrix expected = expected_floats(layout, floats, w);
    const Index block = pack_row_block(layout);
    Matrix packed(1, floats + kBeyond);
    packed.fill(kUntouched);
    for (Index first = (out - 1) / block * block; first >= 0; first -= block)
      pack_rows(layout, first, w.view().middle_rows(first, std::min(block, out - first)),
                packed.data());
    EXPECT_TRUE(equal_bits(packed, expected)) << name;
  }
}

TEST(PackRows, ABlockOfRowsWritesNothingBesideItself) {
  const Index in = 70, out = 333;
  const Matrix w = random_matrix(out, in, 1);
  for (const auto& [name, layout, floats] : layouts(in, out)) {
    const Index block = pack_row_block(layout);
    Matrix packed(1, floats + kBeyond);
    packed.fill(kUntouched);
    pack_rows(layout, block, w.view().middle_rows(block, block), packed.data());
    const auto& [k, n] = layout.dimensions;
    for (Index r = 0; r < n.padded(); ++r)
      for (Index c = 0; c < k.padded(); ++c) {
        const float here = packed(0, k.offset(c) + n.offset(r));
        const bool own = r >= block && r < 2 * block;
        ASSERT_EQ(here, own ? (c < in ? w(r, c) : 0.0f) : kUntouched)
            << name << ", " << r << ", " << c;
      }
  }
}

TEST(PackRows, RowBlocksAreWholeBlocksOfTheLayoutAndWholeLines) {
  const std::vector<Index> expected = {64, 64, 96, 96, 64, 64, 64, 64, 64};
  const auto all = layouts(100, 200);
  ASSERT_EQ(all.size(), expected.size());
  for (std::size_t i = 0; i < all.size(); ++i)
    EXPECT_EQ(pack_row_block(all[i].layout), expected[i]) << all[i].name;
}

TEST(PackRows, RowsAreChecked) {
  const auto [name, layout, floats] = layouts(20, 150).front();
  Matrix packed(1, floats);
  const Matrix w = random_matrix(150, 20, 1), narrow = random_matrix(64, 19, 1);
  EXPECT_THROW(pack_rows(layout, 1, w.view().middle_rows(1, 64), packed.data()), InternalError);
  EXPECT_THROW(pack_rows(layout, 0, w.view().middle_rows(0, 65), packed.data()), InternalError);
  EXPECT_THROW(pack_rows(layout, 64, w.view().middle_rows(0, 100), packed.data()), InternalError);
  EXPECT_THROW(pack_rows(layout, 0, narrow, packed.data()), InternalError);
}

TEST(PackKernels, TransposeAnyNumberOfColumnsInEveryForm) {
  for (const Index columns : {1, 2, 3, 4, 5, 16, 30, 64}) {
    const Matrix rows = random_matrix(kPackRows, 70, 2);
    for (const Isa isa : kForms) {
      if (!runs_here(isa)) continue;
      for (const bool streaming : {false, true}) {
        constexpr Index kStep = 32;
        Matrix out(columns, kStep), expected(columns, kStep);
        out.fill(kUntouched);
        expected.fill(kUntouched);
        for (Index c = 0; c < columns; ++c)
          for (Index r = 0; r < kPackRows; ++r) expected(c, r) = rows(r, c + 1);
        const PackKernels& kernels = pack_kernels(isa);
        (streaming ? kernels.transpose_streaming : kernels.transpose)(rows.data() + 1, 70, columns,
                                                                      out.data(), kStep);
        EXPECT_TRUE(equal_bits(out, expected))
            << columns << " columns, " << isa_name(isa) << ", streaming " << streaming;
      }
    }
  }
}

}  // namespace
}  // namespace nf
