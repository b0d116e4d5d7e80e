/// Linears of integers: sums against a reference in 64 bits, values against the same in double.
/// Products of 8 by 8 bits are skipped where the CPU has no VNNI, those of 7 bits never.

#include "core/ops/integer_linear.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

#include "core/ops/int8.h"
#include "tests/reference/integer_reference.h"
#include "tests/support/linear_case.h"
#include "tests/support/tensor_near.h"
#include "tests/support/threads.h"

namespace nf {
namespace {

#define NF_SKIP_WITHOUT_INT8() \
  if (!int8_is_native()) GTEST_SKIP() << "no VNNI on this CPU (oneDNN: " << gemm_isa() << ")"

constexpr Isa kIsas[] = {Isa::portable, Isa::avx2, Isa::avx512};

const std::vector<std::pair<Index, Index>> kShapes = {
    {1, 1}, {2, 3}, {3, 1}, {31, 17}, {64, 64}, {97, 128}, {33, 65}, {513, 40}, {1000, 101}};

/// Random integers with everything that a quantizer may come to.
struct IntegerCase {
  IntegerInputs x;
  WeightCodes w;
};

std::uint32_t next(std::uint32_t& state) { return state = state * 1664525u + 1013904223u; }

/// most: codes of inputs are 0 to most, of weights -(most + 1) / 2 to (most - 1) / 2
IntegerCase make_integers(Index rows, Index k, Index n, bool has_zeros, Index most = 255) {
  std::uint32_t state = static_cast<std::uint32_t>(rows * 7919 + k * 31 + n);
  const auto draw = [&](Index count) { return static_cast<Index>(next(state) >> 8) % count; };
  IntegerCase c;
  c.x.resize(rows, k);
  for (Index r = 0; r < rows; ++r) {
    const auto row = static_cast<std::size_t>(r);
    c.x.scales[row] = 0.01f * static_cast<float>(1 + draw(100));
    c.x.zeros[row] = static_cast<std::int32_t>(has_zeros ? draw(most + 1) : (most + 1) / 2);
    std::int32_t sum = 0;
    for (Index i = 0; i < k; ++i)
      sum += c.x.codes()[r * k + i] = static_cast<std::uint8_t>(draw(most + 1));
    c.x.sums[row] = sum - static_cast<std::int32_t>(k) * c.x.zeros[row];
  }
  c.w.out = n;
  c.w.in = k;
  for (Index i = 0; i < n * k; ++i)
    c.w.codes.push_back(static_cast<std::int8_t>(draw(most + 1) - (most + 1) / 2));
  for (Index o = 0; o < n; ++o) {
    c.w.scales.push_back(0.001f * static_cast<float>(1 + draw(50)));
    if (has_zeros) c.w.zeros.push_back(static_cast<std::int32_t>(draw(most + 1) - (most + 1) / 2));
  }
  return c;
}

/// Scales of one: y is the integer itself, rounded once.
void take_scales(IntegerCase& c) {
  std::fill(c.x.scales.begin(), c.x.scales.end(), 1.0f);
  std::fill(c.w.scales.begin(), c.w.scales.end(), 1.0f);
}

/// Some features of the rows [first, first + rows) that are no integers.
void put_beside(IntegerCase& c, Index first, Index rows, std::vector<Index> features) {
  IntegerInputs::Beside some;
  some.first_row = first;
  some.values = random_matrix(rows, std::ssize(features), 5);
  for (Index r = first; r < first + rows; ++r)
    for (const Index i : features) {
      const auto row = static_cast<std::size_t>(r);
      std::uint8_t& code = c.x.codes()[r * c.x.in + i];
      c.x.sums[row] += c.x.zeros[row] - code;
      code = static_cast<std::uint8_t>(c.x.zeros[row]);
    }
  some.features = std::move(features);
  c.w.has_columns = true;
  c.x.beside.push_back(std::move(some));
}

/// γ(k): the bound of integer_linear.h, here against the exact value: k roundings.
double gamma(double k) { return k * 0x1p-24 / (1.0 - k * 0x1p-24); }

void expect_integers(IntegerCase& c) {
  take_scales(c);
  Matrix y(c.x.rows, c.w.out);
  linear(c.x, pack_codes(c.w), {}, y);
  for (Index r = 0; r < y.rows(); ++r)
    for (Index o = 0; o < y.cols(); ++o)
      ASSERT_EQ(y(r, o), static_cast<float>(integer_product(c.x, r, c.w, o)))
          << r << ", " << o << " of " << y.rows() << " x " << y.cols() << ", k " << c.x.in;
}

TEST(IntegerLinear, SumsAreThoseOf64Bits) {
  NF_SKIP_WITHOUT_INT8();
  for (const Index rows : {1, 7, 128, 130})
    for (const auto& [k, n] : kShapes)
      for (const bool has_zeros : {false, true}) {
        IntegerCase c = make_integers(rows, k, n, has_zeros);
        expect_integers(c);
      }
}

/// Also on a CPU without VNNI, or with less allowed (the test runs again under such limits).
TEST(IntegerLinear, SumsOf7BitsAreExactOnEveryCpu) {
  EXPECT_FALSE(saturates(127, 128));
  EXPECT_FALSE(saturates(255, 64));
  EXPECT_TRUE(saturates(255, 127));
  for (const auto& [k, n] : kShapes) {
    IntegerCase c = make_integers(5, k, n, true, 127);
    std::fill_n(c.x.codes(), k, std::uint8_t{127});  // the largest pairs of one sign
    c.x.sums[0] = static_cast<std::int32_t>(k) * (127 - c.x.zeros[0]);
    std::fill_n(c.w.codes.begin(), k, std::int8_t{-64});
    expect_integers(c);
  }
}

/// Pairs of 255·127 and 255·(−128) all along the widest sum: what saturates without VNNI, and what
/// comes nearest to the end of 32 bits.
TEST(IntegerLinear, TheLargestPairsNeitherSaturateNorOverflow) {
  NF_SKIP_WITHOUT_INT8();
  IntegerCase c = make_integers(2, kMostInt8Inputs, 3, false);
  std::fill_n(c.x.codes(), c.x.in, std::uint8_t{255});
  std::fill_n(c.x.codes() + c.x.in, c.x.in, std::uint8_t{0});
  c.x.zeros = {128, 128};
  c.x.sums = {static_cast<std::int32_t>(c.x.in) * 127, static_cast<std::int32_t>(c.x.in) * -128};
  std::fill_n(c.w.row(0), c.w.in, std::int8_t{127});
  std::fill_n(c.w.row(1), c.w.in, std::int8_t{-128});
  expect_integers(c);
  // Zero points at the ends: |Σ| = 255·255·n is beyond 32 bits from 33,026 inputs on.
  IntegerCase ends = make_integers(1, 33025, 2, true);
  std::fill_n(ends.x.codes(), ends.x.in, std::uint8_t{255});
  ends.x.zeros = {0};
  ends.x.sums = {static_cast<std::int32_t>(ends.x.in) * 255};
  std::fill_n(ends.w.row(0), ends.w.in, std::int8_t{127});
  std::fill_n(ends.w.row(1), ends.w.in, std::int8_t{-128});
  ends.w.zeros = {-128, 127};
  expect_integers(ends);
  EXPECT_EQ(integer_product(ends.x, 0, ends.w, 0), 33025LL * 255 * 255);
}

TEST(IntegerLinear, ValuesAreTheSumsTimesTheScales) {
  NF_SKIP_WITHOUT_INT8();
  for (const auto& [k, n] : kShapes)
    for (const bool has_zeros : {false, true}) {
      IntegerCase c = make_integers(131, k, n, has_zeros);
      if (k > 2) {
        put_beside(c, 3, 60, {0, k / 2, k - 1});
        put_beside(c, 100, 31, {1});
      }
      const Matrix bias = random_matrix(1, n, 9);
      Matrix y(131, n);
      linear(c.x, pack_codes(c.w), {bias.data(), static_cast<std::size_t>(n)}, y);
      for (Index r = 0; r < y.rows(); ++r)
        for (Index o = 0; o < n; ++o)
          ASSERT_NEAR(y(r, o), integer_value(c.x, r, c.w, o, bias(0, o)),
                      gamma(8.0) * (integer_size(c.x, r, c.w, o) + std::abs(bias(0, o))))
              << r << ", " << o << ", k " << k;
    }
}

TEST(IntegerLinear, EpiloguesAddAndCutOff) {
  NF_SKIP_WITHOUT_INT8();
  IntegerCase c = make_integers(130, 97, 41, true);
  const PackedWeight w = pack_codes(c.w);
  const Matrix before = random_matrix(130, 41, 2);
  Matrix stored(130, 41), added(130, 41), cut(130, 41);
  std::copy_n(before.data(), before.size(), added.data());
  linear(c.x, w, {}, stored);
  linear(c.x, w, {}, added, Epilogue::add);
  linear(c.x, w, {}, cut, Epilogue::relu);
  for (Index i = 0; i < before.size(); ++i) {
    ASSERT_EQ(added.data()[i], before.data()[i] + stored.data()[i]) << i;
    ASSERT_EQ(cut.data()[i], std::max(stored.data()[i], 0.0f)) << i;
  }
}

TEST(IntegerLinear, RowsOfZerosAreZeroAndNansStayInTheirRows) {
  NF_SKIP_WITHOUT_INT8();
  IntegerCase c = make_integers(4, 33, 20, false);
  std::fill_n(c.x.codes() + 33, 33, std::uint8_t{128});
  c.x.sums[1] = 0;
  c.x.scales[2] = std::numeric_limits<float>::quiet_NaN();
  std::fill_n(c.w.row(4), 33, std::int8_t{0});
  Matrix y(4, 20);
  linear(c.x, pack_codes(c.w), {}, y);
  for (Index r = 0; r < 4; ++r)
    for (Index o = 0; o < 20; ++o) {
      ASSERT_EQ(std::isnan(y(r, o)), r == 2) << r << ", " << o;
      if (r == 1 || (o == 4 && r != 2)) {
        ASSERT_EQ(y(r, o), 0.0f) << r << ", " << o;
      }
    }
}

TEST(SameBitsIntegerLinear, ARowDependsOnNoOtherRow) {
  NF_SKIP_WITHOUT_INT8();
  IntegerCase all = make_integers(300, 97, 65, true);
  put_beside(all, 120, 60, {3, 50});
  const PackedWeight w = pack_codes(all.w);
  Matrix y(300, 65);
  linear(all.x, w, {}, y);
  for (const Index r : {0, 119, 120, 127, 128, 179, 180, 299}) {
    IntegerInputs one;
    one.resize(1, 97);
    std::copy_n(all.x.codes() + r * 97, 97, one.codes());
    const auto row = static_cast<std::size_t>(r);
    one.scales = {all.x.scales[row]};
    one.zeros = {all.x.zeros[row]};
    one.sums = {all.x.sums[row]};
    if (r >= 120 && r < 180) {
      IntegerInputs::Beside some;
      some.features = {3, 50};
      some.values.resize(1, 2);
      std::copy_n(all.x.beside[0].values.view().row(r - 120), 2, some.values.data());
      one.beside.push_back(std::move(some));
    }
    Matrix alone(1, 65);
    linear(one, w, {}, alone);
    EXPECT_TRUE(equal_bits(alone, std::as_const(y).view().middle_rows(r, 1))) << r;
  }
}

TEST(SameBitsIntegerLinear, ThreadsShareOutTilesAndChangeNothing) {
  NF_SKIP_WITHOUT_INT8();
  IntegerCase c = make_integers(300, 97, 65, true);
  put_beside(c, 120, 60, {3, 50});
  const PackedWeight w = pack_codes(c.w);
  const auto with_threads = [&](Index count) {
    const Threads guard(count);
    Matrix y(300, 65);
    linear(c.x, w, {}, y);
    return y;
  };
  const Matrix one = with_threads(1), three = with_threads(3);
  EXPECT_TRUE(equal_bits(three, one));
}

TEST(IntegerLinear, NoImplementationIsTheReferenceOne) {
  IntegerCase c = make_integers(3, 97, 40, true, 127);
  expect_integers(c);
  for (const std::string& name : gemm_implementations())
    EXPECT_EQ(name.find("ref"), std::string::npos) << name;
}

TEST(IntegerLinear, KernelsGiveTheSameBitsInEveryForm) {
  const Matrix scales = random_matrix(1, 37, 3), beside = random_matrix(1, 37, 4);
  IntegerCase c = make_integers(1, 37, 37, true);
  std::vector<std::int32_t> sums(37), code_sums(37);
  for (std::size_t i = 0; i < 37; ++i) {
    sums[i] = static_cast<std::int32_t>(i * 977) - 9000;
    code_sums[i] = static_cast<std::int32_t>(i * 31) - 500;
  }
  Matrix expected(1, 37), got(1, 37), column(1, 37), other(1, 37);
  const auto run = [&](Isa isa, float* y, float* added) {
    int8_kernels(isa).rescale(sums.data(), {scales.data(), code_sums.data(), c.w.zeros.data()},
                              {0.25f, 77, -123}, beside.data(), beside.data(), 37, Epilogue::store,
                              y);
    std::copy_n(beside.data(), 37, added);
    int8_kernels(isa).add_column(c.w.row(0), c.w.zeros.data(), 0.3f, 37, added);
  };
  run(Isa::portable, expected.data(), column.data());
  for (const Isa isa : kIsas) {
    if (isa > cpu_isa()) continue;
    run(isa, got.data(), other.data());
    EXPECT_TRUE(equal_bits(got, expected)) << isa_name(isa);
    EXPECT_TRUE(equal_bits(other, column)) << isa_name(isa);
  }
}

}  // namespace
}  // namespace nf
