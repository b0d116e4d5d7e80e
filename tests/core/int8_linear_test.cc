/// Integer products: their sums against a reference in 64 bits, their values against the quantized
/// operands multiplied in double. Products are skipped where the CPU has no VNNI.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "core/ops/gemm.h"
#include "core/ops/gemm_backend.h"
#include "core/ops/int8.h"
#include "tests/support/linear_case.h"
#include "tests/support/tensor_near.h"
#include "tests/support/threads.h"

namespace nf {
namespace {

#define NF_SKIP_WITHOUT_INT8() \
  if (!int8_is_native()) GTEST_SKIP() << "no VNNI on this CPU (oneDNN: " << gemm_isa() << ")"

constexpr Multiplication kInt8{.arithmetic = Arithmetic::int8};
constexpr Isa kIsas[] = {Isa::portable, Isa::avx2, Isa::avx512};

const std::vector<std::pair<Index, Index>> kShapes = {{1, 1},    {2, 3},   {31, 17},  {64, 64},
                                                      {97, 128}, {33, 65}, {512, 40}, {1000, 100}};

/// The quantizer as its formula stands: codes and a scale a row.
struct Quantized {
  std::vector<std::int64_t> codes;
  std::vector<float> scales;
};
Quantized quantized(ConstMatrixView x) {
  Quantized q;
  for (Index r = 0; r < x.rows(); ++r) {
    float most = 0.0f;
    for (Index c = 0; c < x.cols(); ++c) most = std::max(most, std::abs(x(r, c)));
    q.scales.push_back(std::max(most / 127.0f, 1e-10f));
    for (Index c = 0; c < x.cols(); ++c)
      q.codes.push_back(static_cast<std::int64_t>(std::nearbyint(x(r, c) / q.scales.back())));
  }
  return q;
}

std::int64_t product(const Quantized& x, Index row, const Quantized& w, Index column, Index k) {
  std::int64_t sum = 0;
  for (Index i = 0; i < k; ++i)
    sum += x.codes[static_cast<std::size_t>(row * k + i)] *
           w.codes[static_cast<std::size_t>(column * k + i)];
  return sum;
}

/// Three roundings of a value (the integer sum to f32, the product of the scales, their product)
/// and one of the sum with the bias.
double bound(double value, double bias) {
  return 4.0 * 0x1p-24 * std::abs(value) + 0x1p-24 * std::abs(value + bias) + 1e-30;
}

TEST(Int8Linear, IsTheIntegerProductTimesTheScales) {
  NF_SKIP_WITHOUT_INT8();
  for (const Index rows : {1, 7, 128, 129, 300})
    for (const auto& [k, n] : kShapes)
      for (const bool with_bias : {false, true}) {
        LinearCase c = make_case(rows, k, n, with_bias);
        const Quantized x = quantized(c.x), w = quantized(c.w);
        linear(c.x, pack_weight(c.w, {}, kInt8), c.bias, c.y);
        for (Index r = 0; r < rows; ++r)
          for (Index j = 0; j < n; ++j) {
            const double bias = with_bias ? c.bias[static_cast<std::size_t>(j)] : 0.0;
            const double value = static_cast<double>(product(x, r, w, j, k)) *
                                 static_cast<double>(x.scales[static_cast<std::size_t>(r)]) *
                                 static_cast<double>(w.scales[static_cast<std::size_t>(j)]);
            ASSERT_NEAR(c.y(r, j), value + bias, bound(value, bias))
                << rows << " rows, k " << k << ", n " << n << " at [" << r << ", " << j << "]";
          }
      }
}

/// Scales of one: y is the integer sum itself, up to 2^24, at the ends of the range of both sides.
TEST(Int8Linear, SumsAreExactAlsoAtTheEndsOfTheRange) {
  NF_SKIP_WITHOUT_INT8();
  constexpr Index kRows = 5, kInputs = 1000, kOutputs = 70;
  Matrix x(kRows, kInputs), w(kOutputs, kInputs), y(kRows, kOutputs);
  for (Index i = 0; i < x.size(); ++i)
    x.data()[i] = i % 3 == 0   ? 127.0f
                  : i % 3 == 1 ? -127.0f
                               : static_cast<float>(i * 37 % 255 - 127);
  for (Index i = 0; i < w.size(); ++i)
    w.data()[i] = i % 2 == 0 ? 127.0f : static_cast<float>(i * 91 % 255 - 127);
  x.view().row(0)[0] = 127.0f;
  for (Index c = 0; c < kInputs; ++c) x(1, c) = 127.0f;  // bytes of 255 with codes of 127: what
  for (Index c = 0; c < kInputs; ++c) w(0, c) = 127.0f;  // saturates without VNNI
  for (Index c = 0; c < kInputs; ++c) w(1, c) = -127.0f;
  linear(x, pack_weight(w, {}, kInt8), {}, y);
  const Quantized qx = quantized(x), qw = quantized(w);
  for (Index r = 0; r < kRows; ++r)
    for (Index j = 0; j < kOutputs; ++j)
      ASSERT_EQ(y(r, j), static_cast<float>(product(qx, r, qw, j, kInputs))) << r << ", " << j;
  EXPECT_EQ(y(1, 0), 127.0f * 127.0f * kInputs);
  EXPECT_EQ(y(1, 1), -127.0f * 127.0f * kInputs);
}

TEST(Int8Linear, EpiloguesAddAndCutOff) {
  NF_SKIP_WITHOUT_INT8();
  LinearCase stored = make_case(130, 97, 40, true), added = make_case(130, 97, 40, true),
             cut = make_case(130, 97, 40, true);
  const Matrix before = make_case(130, 97, 40, true).y;
  const PackedWeight w = pack_weight(stored.w, {}, kInt8);
  linear(stored.x, w, stored.bias, stored.y);
  linear(added.x, w, added.bias, added.y, Epilogue::add);
  linear(cut.x, w, cut.bias, cut.y, Epilogue::relu);
  for (Index i = 0; i < before.size(); ++i) {
    ASSERT_EQ(added.y.data()[i], before.data()[i] + stored.y.data()[i]) << i;
    ASSERT_EQ(cut.y.data()[i], std::max(stored.y.data()[i], 0.0f)) << i;
  }
}

TEST(SameBitsInt8Linear, ARowDependsNeitherOnOtherRowsNorOnThreads) {
  NF_SKIP_WITHOUT_INT8();
  for (const auto& [k, n] : kShapes) {
    const LinearCase c = make_case(300, k, n, true);
    const PackedWeight w = pack_weight(c.w, {}, kInt8);
    Matrix all(300, n);
    linear(c.x, w, c.bias, all);
    for (const Index first : {0, 1, 127, 250})
      for (const Index rows : {1, 2, 16, 50}) {
        Matrix some(rows, n);
        const Threads guard(3);
        linear(c.x.view().middle_rows(first, rows), w, c.bias, some);
        EXPECT_TRUE(equal_bits(some, all.view().middle_rows(first, rows)))
            << rows << " rows from " << first << ", k " << k << ", n " << n;
      }
  }
}

TEST(SameBitsInt8Linear, BothPackingsGiveTheSameWords) {
  NF_SKIP_WITHOUT_INT8();
  for (const auto& [k, n] : kShapes) {
    const Matrix w = random_matrix(n, k, 3);
    EXPECT_TRUE(packed_form(n, k, Arithmetic::int8).layout) << "not understood: slow, no error";
    WeightPacker packer(n, k, {}, Packing::library, kInt8);
    packer.put_rows(0, w);
    const PackedWeight library = std::move(packer).finish(), own = pack_weight(w, {}, kInt8);
    EXPECT_TRUE(equal_bits({own.values().data(), 1, std::ssize(own.values())},
                           {library.values().data(), 1, std::ssize(library.values())}))
        << n << " x " << k;
  }
}

TEST(Int8Linear, ZeroRowsAreZeroAndNansStayInTheirRows) {
  NF_SKIP_WITHOUT_INT8();
  LinearCase c = make_case(130, 33, 20, false);
  std::fill_n(c.x.view().row(2), 33, 0.0f);
  std::fill_n(c.w.view().row(4), 33, 0.0f);
  c.x(3, 5) = std::nanf("");
  c.x(129, 0) = INFINITY;
  linear(c.x, pack_weight(c.w, {}, kInt8), {}, c.y);
  for (Index r = 0; r < 130; ++r)
    for (Index n = 0; n < 20; ++n) {
      ASSERT_EQ(std::isnan(c.y(r, n)), r == 3 || r == 129) << r << ", " << n;
      const bool is_zero = r == 2 || (n == 4 && r != 3 && r != 129);
      ASSERT_TRUE(!is_zero || c.y(r, n) == 0.0f) << r << ", " << n;
    }
}

TEST(Int8Linear, NoImplementationIsTheReferenceOne) {
  NF_SKIP_WITHOUT_INT8();
  LinearCase c = make_case(130, 97, 40, true);
  linear(c.x, pack_weight(c.w, {}, kInt8), c.bias, c.y);
  for (const std::string& name : gemm_implementations())
    EXPECT_EQ(name.find("ref"), std::string::npos) << name;
}

TEST(Int8, CodesAndScalesAreTheQuantizersInEveryForm) {
  for (const Isa isa : kIsas) {
    if (isa > cpu_isa()) continue;
    for (const Index n : {1, 3, 16, 17, 100}) {
      Matrix x = random_matrix(1, n, 7);
      const Quantized expected = quantized(x);
      const float scale = int8_kernels(isa).scale(x.data(), n);
      EXPECT_EQ(scale, expected.scales[0]) << isa_name(isa);
      std::vector<std::uint8_t> codes(static_cast<std::size_t>(n) + 4, 7);
      int8_kernels(isa).codes(x.data(), n, scale, 128, codes.data());
      for (Index i = 0; i < n; ++i)
        EXPECT_EQ(codes[static_cast<std::size_t>(i)],
                  expected.codes[static_cast<std::size_t>(i)] + 128);
      EXPECT_EQ(codes[static_cast<std::size_t>(n)], 7) << "written beside";
      x(0, 0) = std::numeric_limits<float>::quiet_NaN();
      EXPECT_TRUE(std::isnan(int8_kernels(isa).scale(x.data(), n)));
      x(0, 0) = -std::numeric_limits<float>::infinity();
      EXPECT_TRUE(std::isnan(int8_kernels(isa).scale(x.data(), n)));
    }
    const std::vector<float> zeros(20, 0.0f);
    EXPECT_EQ(int8_kernels(isa).scale(zeros.data(), 20), 1e-10f);
  }
}

}  // namespace
}  // namespace nf
