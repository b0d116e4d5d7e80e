/// The bits of one row of a product: the same whatever travels with it. Everything that says "same
/// bits" further up rests on this, so these suites run under other instruction sets as well
/// (ONEDNN_MAX_CPU_ISA).

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/parallel.h"
#include "core/ops/gemm.h"
#include "tests/support/linear_case.h"
#include "tests/support/tensor_near.h"
#include "tests/support/threads.h"

namespace nf {
namespace {

/// Shapes like those of the models: attention, the two halves of an MLP, a vocabulary chunk, and
/// one with nothing even about it.
const std::vector<std::pair<Index, Index>> kSameBitsShapes = {{64, 64},   {64, 176}, {176, 64},
                                                              {96, 1024}, {37, 53},  {512, 40}};

/// y of one row, computed alone.
Matrix row_alone(const LinearCase& c, const PackedWeight& w, Index row, Epilogue epilogue) {
  Matrix y(1, w.out());
  std::copy_n(c.y.view().row(row), w.out(), y.data());
  linear(c.x.view().middle_rows(row, 1), w, c.bias, y, epilogue);
  return y;
}

TEST(SameBitsLinear, ARowDoesNotDependOnTheNumberOfRows) {
  for (const auto& [k, n] : kSameBitsShapes)
    for (const Epilogue epilogue : kEpilogues) {
      const LinearCase c = make_case(300, k, n, true);
      const PackedWeight w = pack_weight(c.w);
      Matrix all(300, n);
      std::copy_n(c.y.data(), c.y.size(), all.data());
      linear(c.x, w, c.bias, all, epilogue);
      for (const Index rows : {1, 2, 7, 16, 32, 64, 127, 128, 129, 256, 299}) {
        Matrix some(rows, n);
        std::copy_n(c.y.data(), some.size(), some.data());
        linear(c.x.view().middle_rows(0, rows), w, c.bias, some, epilogue);
        EXPECT_TRUE(equal_bits(some, all.view().middle_rows(0, rows)))
            << rows << " rows, k " << k << ", n " << n << ", epilogue "
            << static_cast<int>(epilogue);
      }
      for (const Index row : {0, 1, 63, 126, 127, 128, 200, 255, 256, 299})
        EXPECT_TRUE(equal_bits(row_alone(c, w, row, epilogue), all.view().middle_rows(row, 1)))
            << "row " << row << ", k " << k << ", n " << n;
    }
}

TEST(SameBitsLinear, ARowDoesNotDependOnItsPlaceInTheTile) {
  for (const auto& [k, n] : kSameBitsShapes) {
    LinearCase c = make_case(kRowTile, k, n, true);
    for (Index r = 1; r < kRowTile; ++r) std::copy_n(c.x.data(), k, c.x.view().row(r));
    linear(c.x, pack_weight(c.w), c.bias, c.y);
    for (Index r = 1; r < kRowTile; ++r)
      ASSERT_TRUE(equal_bits(c.y.view().middle_rows(r, 1), c.y.view().middle_rows(0, 1)))
          << "row " << r << ", k " << k << ", n " << n;
  }
}

TEST(SameBitsLinear, ARowDoesNotDependOnTheOtherRows) {
  for (const auto& [k, n] : kSameBitsShapes) {
    LinearCase c = make_case(kRowTile, k, n, true);
    const PackedWeight w = pack_weight(c.w);
    linear(c.x, w, c.bias, c.y);
    Matrix kept(1, n);
    std::copy_n(c.y.view().row(70), n, kept.data());
    for (Index r = 0; r < kRowTile; ++r)
      if (r != 70) std::fill_n(c.x.view().row(r), k, static_cast<float>(r) * 1e4f);
    linear(c.x, w, c.bias, c.y);
    EXPECT_TRUE(equal_bits(c.y.view().middle_rows(70, 1), kept)) << "k " << k << ", n " << n;
  }
}

TEST(SameBitsLinear, ThreadsOfAnyNumberGiveTheSameBits) {
  for (const auto& [k, n] : kSameBitsShapes) {
    const LinearCase c = make_case(300, k, n, true);
    const PackedWeight w = pack_weight(c.w);
    Matrix one(300, n);
    linear(c.x, w, c.bias, one);
    for (const Index threads : {1, 2, 3, 8}) {
      const Threads guard(threads);
      std::vector<Matrix> copies(16);
      parallel_for(16, [&](Index i) {
        Matrix& y = copies[static_cast<std::size_t>(i)];
        y.resize(one.rows(), one.cols());
        linear(c.x, w, c.bias, y);
      });
      for (const Matrix& y : copies) EXPECT_TRUE(equal_bits(y, one)) << threads << " threads";
    }
  }
}

/// Threads that OpenMP knows nothing of, each packing and multiplying from the first call on.
TEST(SameBitsLinear, SeveralCallersAtOnceGiveTheSameBits) {
  const LinearCase c = make_case(200, 75, 41, true);  // shapes that no other test has made yet
  std::vector<Matrix> results(6);
  std::vector<std::thread> callers;
  for (Matrix& y : results)
    callers.emplace_back([&c, &y] {
      y.resize(200, 41);
      for (int again = 0; again < 20; ++again) linear(c.x, pack_weight(c.w), c.bias, y);
    });
  for (std::thread& caller : callers) caller.join();
  Matrix one(200, 41);
  linear(c.x, pack_weight(c.w), c.bias, one);
  for (const Matrix& y : results) EXPECT_TRUE(equal_bits(y, one));
}

TEST(SameBitsLinear, PackingAgainChangesNothing) {
  const LinearCase c = make_case(64, 96, 80, false);
  Matrix first(64, 80), second(64, 80);
  const PackedWeight w = pack_weight(c.w);
  PackedWeight copy;
  copy = w;
  linear(c.x, w, {}, first);
  linear(c.x, copy, {}, second);
  EXPECT_TRUE(equal_bits(second, first));
  linear(c.x, pack_weight(c.w), {}, second);
  EXPECT_TRUE(equal_bits(second, first));
}

/// A query keeps its place in the tile, whatever window it is in, so its place may matter here
/// (with AVX2 the last two rows of a tile do go through another kernel).
TEST(SameBitsMatmul, ARowDoesNotDependOnTheOtherRows) {
  for (const Index keys : {128, 256, 384})
    for (const Index head_dim : {8, 16, 64, 80}) {
      const Matrix a = random_matrix(kRowTile, head_dim, 1), b = random_matrix(keys, head_dim, 2);
      Matrix scores(kRowTile, keys), mixed(kRowTile, head_dim);
      matmul_nt(a, b, scores);
      matmul_nn(scores, b, mixed);
      for (const Index row : {0, 1, 70, 125, 126, 127}) {
        Matrix others(kRowTile, head_dim), other_scores(kRowTile, keys);
        others.fill(1e4f);
        std::copy_n(a.view().row(row), head_dim, others.view().row(row));
        Matrix other_mixed(kRowTile, head_dim);
        matmul_nt(others, b, other_scores);
        matmul_nn(other_scores, b, other_mixed);
        EXPECT_TRUE(
            equal_bits(other_scores.view().middle_rows(row, 1), scores.view().middle_rows(row, 1)))
            << "row " << row << ", " << keys << " keys";
        EXPECT_TRUE(
            equal_bits(other_mixed.view().middle_rows(row, 1), mixed.view().middle_rows(row, 1)))
            << "row " << row << ", " << keys << " keys";
      }
    }
}

TEST(SameBitsLinear, NoImplementationIsTheReferenceOne) {
  for (const auto& [k, n] : kSameBitsShapes)
    for (const bool with_bias : {false, true})
      for (const Epilogue epilogue : kEpilogues) {
        LinearCase c = make_case(130, k, n, with_bias);
        linear(c.x, pack_weight(c.w), c.bias, c.y, epilogue);
      }
  for (const Index keys : {128, 384})
    for (const Index head_dim : {16, 64, 80}) {
      const Matrix a = random_matrix(kRowTile, head_dim, 1), b = random_matrix(keys, head_dim, 2);
      Matrix scores(kRowTile, keys), mixed(kRowTile, head_dim);
      matmul_nt(a, b, scores);
      matmul_nn(scores, b, mixed);
    }
  const std::string probe = gemm_probe();
  const std::vector<std::string> names = gemm_implementations();
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  EXPECT_NE(std::find(names.begin(), names.end(), probe), names.end()) << probe;
  for (const std::string& name : names) EXPECT_EQ(name.find("ref"), std::string::npos) << name;
}

}  // namespace
}  // namespace nf
