#include "core/ops/gemm.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "tests/support/linear_case.h"
#include "tests/support/tensor_near.h"

namespace nf {
namespace {

/// A sum of k products of normal values in f32, in any order: each of the k roundings is at most
/// 2^-24 of a partial sum of about sqrt(k); they add up like a random walk, and 8 of its standard
/// deviations cover every element of a test.
double sum_tolerance(Index k) { return 8.0 * static_cast<double>(k) * 0x1p-24 + 1e-6; }

RowMatrix expected_linear(const LinearCase& c, Epilogue epilogue) {
  RowMatrix y = to_double(c.x) * to_double(c.w).transpose();
  for (Index n = 0; n < static_cast<Index>(c.bias.size()); ++n)
    y.col(n).array() += static_cast<double>(c.bias[static_cast<std::size_t>(n)]);
  if (epilogue == Epilogue::add) y += to_double(c.y);
  if (epilogue == Epilogue::relu) y = y.cwiseMax(0.0);
  return y;
}

TEST(Linear, IsTheProductForAllShapesAndEpilogues) {
  for (const Index rows : {1, 7, 127, 128, 129, 300})
    for (const auto& [k, n] :
         std::vector<std::pair<Index, Index>>{{1, 1}, {31, 17}, {64, 33}, {97, 128}})
      for (const bool with_bias : {false, true})
        for (const Epilogue epilogue : kEpilogues) {
          LinearCase c = make_case(rows, k, n, with_bias);
          const RowMatrix expected = expected_linear(c, epilogue);
          linear(c.x, pack_weight(c.w), c.bias, c.y, epilogue);
          EXPECT_TRUE(tensor_near(c.y, expected, sum_tolerance(k)))
              << rows << " rows, k " << k << ", n " << n << ", bias " << with_bias << ", epilogue "
              << static_cast<int>(epilogue);
        }
}

TEST(Linear, InHalvesIsTheProductWithAnotherRounding) {
  for (const Index rows : {1, 128, 129})
    for (const auto& [k, n] :
         std::vector<std::pair<Index, Index>>{{1, 3}, {2, 5}, {97, 128}, {64, 33}})
      for (const bool with_bias : {false, true})
        for (const Epilogue epilogue : kEpilogues) {
          LinearCase c = make_case(rows, k, n, with_bias), whole = make_case(rows, k, n, with_bias);
          const RowMatrix expected = expected_linear(c, epilogue);
          const PackedWeight halves = pack_weight(c.w, {}, {.summation = Summation::halves});
          linear(c.x, halves, c.bias, c.y, epilogue);
          linear(c.x, pack_weight(c.w), c.bias, whole.y, epilogue);
          EXPECT_TRUE(tensor_near(c.y, expected, sum_tolerance(k)))
              << rows << " rows, k " << k << ", n " << n << ", bias " << with_bias << ", epilogue "
              << static_cast<int>(epilogue);
          // One input has no halves. (Of two the sum of two products is rounded as it always is.)
          if (k == 2) continue;
          EXPECT_EQ(static_cast<bool>(equal_bits(c.y, whole.y)), k == 1) << k;
        }
}

TEST(Linear, InHalvesAddsTheSecondProductToTheFirst) {
  const LinearCase c = make_case(130, 77, 40, false);
  Matrix sum(130, 40), second(130, 40), y(130, 40);
  linear(c.x.view().middle_cols(0, 38), pack_weight(c.w.view().middle_cols(0, 38)), {}, sum);
  linear(c.x.view().middle_cols(38, 39), pack_weight(c.w.view().middle_cols(38, 39)), {}, second);
  for (Index i = 0; i < sum.size(); ++i) sum.data()[i] += second.data()[i];
  linear(c.x, pack_weight(c.w, {}, {.summation = Summation::halves}), {}, y);
  EXPECT_TRUE(equal_bits(y, sum));
}

TEST(Linear, NoRowsIsNoWork) {
  LinearCase c = make_case(0, 8, 8, true);
  linear(c.x, pack_weight(c.w), c.bias, c.y);
  EXPECT_EQ(c.y.rows(), 0);
}

/// Columns of larger matrices, as a chunk of the logits is: the same bits, and nothing is written
/// beside them. Sizes that are multiples of 64 fill a packed layout exactly, so that a product
/// which took it for another one would go unnoticed but for its values.
TEST(Linear, StridedViewsGiveTheBitsOfContiguousOnes) {
  for (const Index rows : {5, 128, 200})
    for (const auto& [k, n] : std::vector<std::pair<Index, Index>>{{40, 24}, {64, 64}, {64, 1024}})
      for (const Epilogue epilogue : kEpilogues) {
        LinearCase c = make_case(rows, k, n, true);
        Matrix wide_x = random_matrix(rows, k + 30, 5), wide_w = random_matrix(n, k + 10, 6);
        Matrix wide_y(rows, n + 36);
        wide_y.fill(-77.0f);
        for (Index r = 0; r < rows; ++r) {
          std::copy_n(c.x.view().row(r), k, wide_x.view().row(r) + 3);
          std::copy_n(c.y.view().row(r), n, wide_y.view().row(r) + 7);
        }
        for (Index r = 0; r < n; ++r) std::copy_n(c.w.view().row(r), k, wide_w.view().row(r) + 9);
        linear(c.x, pack_weight(c.w), c.bias, c.y, epilogue);
        linear(wide_x.view().middle_cols(3, k), pack_weight(wide_w.view().middle_cols(9, k)),
               c.bias, wide_y.view().middle_cols(7, n), epilogue);
        EXPECT_TRUE(equal_bits(wide_y.view().middle_cols(7, n), c.y))
            << rows << " rows, k " << k << ", n " << n;
        for (Index r = 0; r < rows; ++r)
          for (const Index beside : {Index{0}, Index{6}, n + 7, n + 35})
            ASSERT_EQ(wide_y(r, beside), -77.0f) << r << ", " << beside;
      }
}

TEST(Linear, NanAndInfinityStayInTheirRows) {
  LinearCase c = make_case(130, 32, 16, false);
  c.x(1, 5) = std::nanf("");
  c.x(129, 5) = INFINITY;
  linear(c.x, pack_weight(c.w), {}, c.y);
  for (Index r = 0; r < 130; ++r)
    for (Index n = 0; n < 16; ++n) {
      EXPECT_EQ(std::isnan(c.y(r, n)), r == 1) << r << ", " << n;
      EXPECT_EQ(std::isinf(c.y(r, n)), r == 129) << r << ", " << n;
    }
}

TEST(Linear, ShapesAreChecked) {
  const PackedWeight w = pack_weight(random_matrix(8, 16, 1));
  EXPECT_EQ(w.out(), 8);
  EXPECT_EQ(w.in(), 16);
  EXPECT_GE(w.bytes(), 8 * 16 * 4);
  Matrix x(4, 15), y(4, 8), x16(4, 16), y7(4, 7);
  x.fill(0.0f);
  x16.fill(0.0f);
  EXPECT_THROW(linear(x, w, {}, y), InternalError);
  EXPECT_THROW(linear(x16, w, {}, y7), InternalError);
  EXPECT_THROW(linear(x16, w, std::vector<float>(7), y), InternalError);
}

TEST(MatmulNt, IsTheProductWithTheTranspose) {
  for (const Index rows : {Index{1}, Index{50}, kRowTile})
    for (const Index k : {1, 16, 33, 64})
      for (const Index n : {1, 48, 128, 384}) {
        const Matrix a = random_matrix(rows, k, 1), b = random_matrix(n, k, 2);
        Matrix c(rows, n);
        c.fill(-77.0f);
        matmul_nt(a, b, c);
        EXPECT_TRUE(tensor_near(c, to_double(a) * to_double(b).transpose(), sum_tolerance(k)))
            << rows << ", " << k << ", " << n;
      }
}

TEST(MatmulNn, IsTheProduct) {
  for (const Index rows : {Index{1}, Index{50}, kRowTile})
    for (const Index k : {1, 48, 128, 384})
      for (const Index n : {1, 16, 33, 64}) {
        const Matrix a = random_matrix(rows, k, 1), b = random_matrix(k, n, 2);
        Matrix c(rows, n);
        c.fill(-77.0f);
        matmul_nn(a, b, c);
        EXPECT_TRUE(tensor_near(c, to_double(a) * to_double(b), sum_tolerance(k)))
            << rows << ", " << k << ", " << n;
      }
}

TEST(MatmulNn, AddsToWhatIsThere) {
  const Matrix a = random_matrix(96, 64, 1), b = random_matrix(64, 48, 2),
               before = random_matrix(96, 48, 3);
  Matrix c(96, 48);
  std::copy_n(before.data(), c.size(), c.data());
  matmul_nn(a, b, c, Epilogue::add);
  EXPECT_TRUE(tensor_near(c, to_double(before) + to_double(a) * to_double(b), sum_tolerance(64)));
}

TEST(Matmul, TakesStridedViews) {
  const Matrix a = random_matrix(kRowTile, 80, 1), b = random_matrix(40, 90, 2);
  Matrix c(kRowTile, 50), d(kRowTile, 50);
  c.fill(-77.0f);
  d.fill(-77.0f);
  const ConstMatrixView narrow_a = a.view().middle_cols(8, 32);
  matmul_nt(narrow_a, b.view().middle_cols(5, 32), c.view().middle_cols(4, 40));
  EXPECT_TRUE(tensor_near(c.view().middle_cols(4, 40),
                          to_double(narrow_a) * to_double(b.view().middle_cols(5, 32)).transpose(),
                          sum_tolerance(32)));
  const ConstMatrixView rows_b = b.view().middle_rows(3, 32).middle_cols(11, 20);
  matmul_nn(narrow_a, rows_b, d.view().middle_cols(4, 20));
  EXPECT_TRUE(tensor_near(d.view().middle_cols(4, 20), to_double(narrow_a) * to_double(rows_b),
                          sum_tolerance(32)));
  EXPECT_EQ(c(0, 3), -77.0f);
  EXPECT_EQ(c(0, 44), -77.0f);
  EXPECT_EQ(d(127, 24), -77.0f);
}

TEST(Matmul, ShapesAreChecked) {
  const Matrix short_a = random_matrix(127, 8, 1), a = random_matrix(128, 8, 1);
  const Matrix b = random_matrix(4, 8, 2);
  Matrix c(128, 4), short_c(127, 4);
  EXPECT_THROW(matmul_nt(short_a, b, c), InternalError);
  EXPECT_THROW(matmul_nt(a, b, short_c), InternalError);
  EXPECT_THROW(matmul_nn(a, b, c), InternalError);
}

TEST(Gemm, NamesItsLibraryAndInstructionSet) {
  EXPECT_EQ(gemm_library().rfind("oneDNN ", 0), 0u) << gemm_library();
  EXPECT_FALSE(gemm_isa().empty());
  EXPECT_EQ(gemm_probe(), gemm_probe());
}

}  // namespace
}  // namespace nf
