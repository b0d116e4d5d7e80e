/// Products of operands in bf16: the sum over rounded values, the same bits however the rows
/// travel. Skipped where the CPU has none.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "core/base/parallel.h"
#include "core/ops/bf16.h"
#include "core/ops/gemm.h"
#include "core/ops/gemm_backend.h"
#include "tests/support/linear_case.h"
#include "tests/support/tensor_near.h"
#include "tests/support/threads.h"

namespace nf {
namespace {

#define NF_SKIP_WITHOUT_BF16() \
  if (!bf16_is_native())       \
  GTEST_SKIP() << "no bf16 products on this CPU (oneDNN: " << gemm_isa() << ")"

constexpr Multiplication kBf16{.arithmetic = Arithmetic::bf16};

const std::vector<std::pair<Index, Index>> kShapes = {{1, 1},    {2, 3},   {31, 17},  {64, 64},
                                                      {97, 128}, {33, 65}, {512, 40}, {96, 1024}};

/// x with every value rounded.
Matrix rounded(ConstMatrixView x) {
  Matrix storage, out(x.rows(), x.cols());
  const Bf16View view = round_rows(x, x.rows(), storage);
  for (Index i = 0; i < out.size(); ++i) {
    const std::uint32_t bits = std::uint32_t{view.data[i]} << 16;
    std::copy_n(reinterpret_cast<const char*>(&bits), sizeof bits,
                reinterpret_cast<char*>(out.data() + i));
  }
  return out;
}

/// Products of two bf16 are exact in f32 and only their sum is rounded: k roundings of 2^-24 of a
/// partial sum of about sqrt(k).
double sum_tolerance(Index k) { return 8.0 * static_cast<double>(k) * 0x1p-24 + 1e-6; }

TEST(Bf16Linear, IsTheProductOfTheRoundedOperands) {
  NF_SKIP_WITHOUT_BF16();
  for (const Index rows : {1, 7, 128, 129, 300})
    for (const auto& [k, n] : kShapes)
      for (const bool with_bias : {false, true})
        for (const Epilogue epilogue : kEpilogues) {
          LinearCase c = make_case(rows, k, n, with_bias);
          RowMatrix expected = to_double(rounded(c.x)) * to_double(rounded(c.w)).transpose();
          for (Index i = 0; i < std::ssize(c.bias); ++i)
            expected.col(i).array() += static_cast<double>(c.bias[static_cast<std::size_t>(i)]);
          if (epilogue == Epilogue::add) expected += to_double(c.y);
          if (epilogue == Epilogue::relu) expected = expected.cwiseMax(0.0);
          linear(c.x, pack_weight(c.w, {}, kBf16), c.bias, c.y, epilogue);
          EXPECT_TRUE(tensor_near(c.y, expected, sum_tolerance(k)))
              << rows << " rows, k " << k << ", n " << n << ", bias " << with_bias << ", epilogue "
              << static_cast<int>(epilogue);
        }
}

TEST(Bf16Linear, AnUnroundedProductIsAnother) {
  NF_SKIP_WITHOUT_BF16();
  LinearCase c = make_case(128, 64, 64, false);
  linear(c.x, pack_weight(c.w, {}, kBf16), {}, c.y);
  EXPECT_FALSE(tensor_near(c.y, to_double(c.x) * to_double(c.w).transpose(), 1e-3));
}

TEST(SameBitsBf16Linear, ARowDependsNeitherOnOtherRowsNorOnThreads) {
  NF_SKIP_WITHOUT_BF16();
  for (const auto& [k, n] : kShapes)
    for (const Epilogue epilogue : kEpilogues) {
      const LinearCase c = make_case(300, k, n, true);
      const PackedWeight w = pack_weight(c.w, {}, kBf16);
      Matrix all(300, n);
      std::copy_n(c.y.data(), c.y.size(), all.data());
      linear(c.x, w, c.bias, all, epilogue);
      for (const Index first : {0, 1, 127, 250})
        for (const Index rows : {1, 2, 16, 50}) {
          Matrix some(rows, n);
          std::copy_n(c.y.view().row(first), some.size(), some.data());
          const Threads guard(3);
          linear(c.x.view().middle_rows(first, rows), w, c.bias, some, epilogue);
          EXPECT_TRUE(equal_bits(some, all.view().middle_rows(first, rows)))
              << rows << " rows from " << first << ", k " << k << ", n " << n;
        }
    }
}

TEST(SameBitsBf16Linear, OwnPackingIsTheLibrarys) {
  NF_SKIP_WITHOUT_BF16();
  for (Index i = 1; i <= 140; i += i < 40 ? 1 : 13)
    for (const Index j : {1, 7, 66, 130}) {
      const Matrix w = random_matrix(j, i, 3);
      const PackedForm form = packed_form(j, i, Arithmetic::bf16);
      ASSERT_TRUE(form.layout) << "a layout that we do not understand: slow, but no error";
      Matrix packed(1, form.floats);
      packed.fill(-77.0f);
      reorder_weight(w, packed.data(), Arithmetic::bf16);
      const PackedWeight own = pack_weight(w, {}, kBf16);
      EXPECT_EQ(own.arithmetic(), Arithmetic::bf16);
      ASSERT_TRUE(equal_bits({own.values().data(), 1, std::ssize(own.values())}, packed))
          << j << " x " << i;
    }
}

TEST(Bf16Linear, HalvesAreOfTheSameArithmetic) {
  NF_SKIP_WITHOUT_BF16();
  const LinearCase c = make_case(130, 77, 40, true);
  Matrix y(130, 40);
  linear(c.x,
         pack_weight(c.w, {}, {.arithmetic = Arithmetic::bf16, .summation = Summation::halves}),
         c.bias, y);
  RowMatrix expected = to_double(rounded(c.x)) * to_double(rounded(c.w)).transpose();
  for (Index i = 0; i < std::ssize(c.bias); ++i)
    expected.col(i).array() += static_cast<double>(c.bias[static_cast<std::size_t>(i)]);
  EXPECT_TRUE(tensor_near(y, expected, sum_tolerance(77)));
}

TEST(Bf16Linear, NanAndInfinityStayInTheirRows) {
  NF_SKIP_WITHOUT_BF16();
  LinearCase c = make_case(130, 32, 16, false);
  c.x(3, 5) = std::nanf("");
  c.x(129, 0) = INFINITY;
  linear(c.x, pack_weight(c.w, {}, kBf16), {}, c.y);
  for (Index r = 0; r < 130; ++r)
    for (Index n = 0; n < 16; ++n)
      EXPECT_EQ(std::isfinite(c.y(r, n)), r != 3 && r != 129) << r << ", " << n;
}

TEST(Bf16Matmul, IsTheProductOfTheRoundedOperands) {
  NF_SKIP_WITHOUT_BF16();
  for (const Index rows : {16, 128})
    for (const Index keys : {128, 384})
      for (const Index head_dim : {5, 16, 64, 80}) {
        const Matrix a = random_matrix(rows, head_dim, 1), b = random_matrix(keys, head_dim, 2);
        Matrix as, bs, ss, scores(rows, keys), mixed(rows, head_dim);
        const Bf16View keys_view = round_rows(b, keys, bs);
        matmul_nt(round_rows(a, rows, as), keys_view, scores);
        EXPECT_TRUE(tensor_near(scores, to_double(rounded(a)) * to_double(rounded(b)).transpose(),
                                sum_tolerance(head_dim)));
        const Matrix weights = random_matrix(rows, keys, 3);
        matmul_nn(round_rows(weights, rows, ss), keys_view, mixed);
        EXPECT_TRUE(tensor_near(mixed, to_double(rounded(weights)) * to_double(rounded(b)),
                                sum_tolerance(keys)));
      }
}

TEST(Bf16Linear, NoImplementationIsTheReferenceOne) {
  NF_SKIP_WITHOUT_BF16();
  for (const auto& [k, n] : kShapes) {
    LinearCase c = make_case(130, k, n, true);
    linear(c.x, pack_weight(c.w, {}, kBf16), c.bias, c.y);
  }
  bool native = false;
  for (const std::string& name : gemm_implementations()) {
    EXPECT_EQ(name.find("ref"), std::string::npos) << name;
    native =
        native || name.find("bf16") != std::string::npos || name.find("amx") != std::string::npos;
  }
  EXPECT_TRUE(native) << "no name tells of bf16";
}

}  // namespace
}  // namespace nf
