#include "core/ops/elementwise.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "tests/support/random_matrix.h"
#include "tests/support/tensor_near.h"

namespace nf {
namespace {

const std::vector<Index> kLengths = {1, 2, 7, 15, 16, 17, 31, 33, 64, 100, 257, 1023};
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// A few roundings of 2^-24 on values of size up to 8, and float sums over at most 1023 values in
/// sixteen lanes.
constexpr double kNormTolerance = 1e-5;
/// exp is good to 1 unit in the last place (2^-23), its argument is rounded to 2^-24 of at most 20.
constexpr double kSoftmaxTolerance = 3e-6;
constexpr double kSiluTolerance = 3e-6;  // relative to max(1, |value|)
/// Two products and a sum of values of size up to 5.
constexpr double kRotationTolerance = 1e-6;

bool runs_here(Isa isa) {
  if (isa == Isa::portable) return true;
  if (isa == Isa::avx2) return __builtin_cpu_supports("avx2") != 0;
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}

VectorView span_of(Matrix& m) { return {m.data(), static_cast<std::size_t>(m.size())}; }

TEST(LayerNorm, IsTheFormula) {
  for (const Index n : kLengths)
    for (const bool with_bias : {false, true}) {
      Matrix x = random_matrix(3, n, 1, 2.0f), w = random_matrix(1, n, 2),
             b = random_matrix(1, n, 3);
      for (Index i = 0; i < n; ++i) x(1, i) += 5.0f;  // a mean to take away
      RowMatrix expected = to_double(x);
      for (Index r = 0; r < 3; ++r) {
        const double mean = expected.row(r).mean();
        const double variance = (expected.row(r).array() - mean).square().mean();
        expected.row(r) = (expected.row(r).array() - mean) / std::sqrt(variance + 1e-5) *
                          to_double(w).row(0).array();
        if (with_bias) expected.row(r) += to_double(b).row(0);
      }
      Matrix y(3, n);
      layer_norm(x, span_of(w), with_bias ? span_of(b) : VectorView(), 1e-5f, y);
      EXPECT_TRUE(tensor_near(y, expected, kNormTolerance)) << n;
      layer_norm(x, span_of(w), with_bias ? span_of(b) : VectorView(), 1e-5f, x);
      EXPECT_TRUE(equal_bits(x, y)) << "in place, " << n;
    }
}

TEST(LayerNorm, AConstantRowBecomesTheBias) {
  Matrix x(1, 37), w = random_matrix(1, 37, 1), b = random_matrix(1, 37, 2);
  x.fill(3.0f);
  layer_norm(x, span_of(w), span_of(b), 1e-5f, x);
  EXPECT_TRUE(equal_bits(x, b));
}

TEST(RmsNorm, IsTheFormula) {
  for (const Index n : kLengths) {
    Matrix x = random_matrix(3, n, 1, 2.0f), w = random_matrix(1, n, 2);
    RowMatrix expected = to_double(x);
    for (Index r = 0; r < 3; ++r)
      expected.row(r) = expected.row(r).array() /
                        std::sqrt(expected.row(r).squaredNorm() / static_cast<double>(n) + 1e-6) *
                        to_double(w).row(0).array();
    Matrix y(3, n);
    rms_norm(x, span_of(w), 1e-6f, y);
    EXPECT_TRUE(tensor_near(y, expected, kNormTolerance)) << n;
    rms_norm(x, span_of(w), 1e-6f, x);
    EXPECT_TRUE(equal_bits(x, y)) << "in place, " << n;
  }
}

TEST(RmsNorm, ZerosStayZeros) {
  Matrix x(1, 20), w = random_matrix(1, 20, 1);
  x.fill(0.0f);
  rms_norm(x, span_of(w), 1e-6f, x);
  for (Index i = 0; i < 20; ++i) EXPECT_EQ(x(0, i), 0.0f);
}

TEST(Norms, ShapesAreChecked) {
  Matrix x = random_matrix(2, 8, 1), y(2, 8), w = random_matrix(1, 7, 1);
  EXPECT_THROW(layer_norm(x, span_of(w), {}, 1e-5f, y), InternalError);
  EXPECT_THROW(rms_norm(x, span_of(w), 1e-5f, y), InternalError);
}

double silu(double v) { return v / (1.0 + std::exp(-v)); }

TEST(SiluMultiply, IsTheFormula) {
  for (const Index n : kLengths) {
    Matrix gate = random_matrix(3, n, 1, 4.0f);
    const Matrix up = random_matrix(3, n, 2);
    RowMatrix expected = to_double(gate).unaryExpr(&silu).cwiseProduct(to_double(up));
    const double largest = std::max(1.0, expected.cwiseAbs().maxCoeff());
    activate_and_multiply(Activation::silu, gate, up);
    EXPECT_TRUE(tensor_near(gate, expected, kSiluTolerance * largest)) << n;
  }
}

TEST(SiluMultiply, FarFromZeroItIsTheIdentityOrZero) {
  Matrix gate(1, 4), up(1, 4);
  up.fill(1.0f);
  const float values[] = {100.0f, -100.0f, 1e30f, -1e30f};
  std::copy_n(values, 4, gate.data());
  activate_and_multiply(Activation::silu, gate, up);
  EXPECT_EQ(gate(0, 0), 100.0f);
  EXPECT_NEAR(gate(0, 1), 0.0f, 1e-35f);
  EXPECT_EQ(gate(0, 2), 1e30f);
  // silu(-1e30) is 0; what matters is that no infinity or NaN comes out.
  EXPECT_TRUE(std::isfinite(gate(0, 3)));
}

TEST(SiluMultiply, NanAndInfinityShow) {
  for (const float bad : {kNan, kInfinity})
    for (const Index at : {0, 15, 16, 20}) {
      Matrix gate = random_matrix(1, 21, 1), up = random_matrix(1, 21, 2);
      gate(0, at) = bad;
      activate_and_multiply(Activation::silu, gate, up);
      EXPECT_EQ(first_non_finite(gate), at);
      gate = random_matrix(1, 21, 1);
      up(0, at) = bad;
      activate_and_multiply(Activation::silu, gate, up);
      EXPECT_EQ(first_non_finite(gate), at);
    }
}

RowMatrix softmax_reference(const Matrix& scores, double scale, Index first_position) {
  RowMatrix out = RowMatrix::Zero(scores.rows(), scores.cols());
  for (Index r = 0; r < scores.rows(); ++r) {
    const Index visible = std::min(first_position + r + 1, scores.cols());
    const auto row = (to_double(scores).row(r).head(visible) * scale).eval();
    out.row(r).head(visible) = (row.array() - row.maxCoeff()).exp();
    out.row(r) /= out.row(r).sum();
  }
  return out;
}

TEST(CausalSoftmax, IsTheFormulaWithZerosBehind) {
  for (const Index keys : {1, 16, 33, 130})
    for (const Index first : {0, 1, 20}) {
      const Index rows = std::min<Index>(keys, 40);
      Matrix scores = random_matrix(rows, keys, 1, 5.0f);
      const RowMatrix expected = softmax_reference(scores, 0.3, first);
      causal_softmax(scores, 0.3f, 0.0f, {.first_query = first});
      EXPECT_TRUE(tensor_near(scores, expected, kSoftmaxTolerance)) << keys << ", " << first;
      for (Index r = 0; r < rows; ++r)
        for (Index c = first + r + 1; c < keys; ++c) ASSERT_EQ(scores(r, c), 0.0f);
    }
}

TEST(CausalSoftmax, WhatLiesBehindIsNotRead) {
  Matrix scores = random_matrix(20, 40, 1), other = random_matrix(20, 40, 1);
  for (Index r = 0; r < 20; ++r)
    for (Index c = 3 + r + 1; c < 40; ++c) other(r, c) = c % 2 == 0 ? kNan : 1e30f;
  causal_softmax(scores, 1.0f, 0.0f, {.first_query = 3});
  causal_softmax(other, 1.0f, 0.0f, {.first_query = 3});
  EXPECT_TRUE(equal_bits(other, scores));
}

TEST(CausalSoftmax, LargeScoresDoNotOverflow) {
  Matrix scores(1, 18);
  scores.fill(3e4f);
  scores(0, 17) = -3e4f;
  causal_softmax(scores, 1.0f, 0.0f, {.first_query = 17});
  for (Index c = 0; c < 17; ++c) EXPECT_NEAR(scores(0, c), 1.0f / 17.0f, 1e-7f);
  EXPECT_NEAR(scores(0, 17), 0.0f, 1e-30f);
}

/// A bad score must not vanish: the whole row becomes NaN, whatever the place of the score.
TEST(CausalSoftmax, NanAndInfinityShow) {
  for (const float bad : {kNan, kInfinity})
    for (const Index visible : {1, 5, 16, 17, 40})
      for (Index at = 0; at < visible; ++at) {
        Matrix scores = random_matrix(1, 40, 1);
        scores(0, at) = bad;
        causal_softmax(scores, 0.5f, 0.0f, {.first_query = visible - 1});
        EXPECT_GE(first_non_finite(scores), 0) << bad << " at " << at << " of " << visible;
      }
}

/// Row r is the query at first_query + r, column c the key at first_key + c.
TEST(CausalSoftmax, SeesAWindowOfKeysAndTheirSlope) {
  const CausalMask mask{.first_query = 150, .first_key = 128, .window = 20};
  for (const float slope : {0.0f, 0.25f}) {
    Matrix scores = random_matrix(16, 64, 1, 5.0f);
    RowMatrix expected = RowMatrix::Zero(16, 64);
    for (Index r = 0; r < 16; ++r) {
      double sum = 0.0;
      for (Index key = 150 + r - 19; key <= 150 + r; ++key) {
        const double score = 0.3 * static_cast<double>(scores(r, key - 128)) +
                             static_cast<double>(slope) * static_cast<double>(key - 150);
        expected(r, key - 128) = std::exp(score);
        sum += expected(r, key - 128);
      }
      expected.row(r) /= sum;
    }
    causal_softmax(scores, 0.3f, slope, mask);
    // slope · position is rounded at 40.
    EXPECT_TRUE(tensor_near(scores, expected, kSoftmaxTolerance * (slope == 0.0f ? 1.0 : 4.0)));
  }
}

TEST(Activate, IsTheFormula) {
  const auto gelu = [](double v) { return 0.5 * v * std::erfc(-v / std::sqrt(2.0)); };
  const auto gelu_tanh = [](double v) {
    return 0.5 * v *
           (1.0 + std::tanh(std::sqrt(2.0 / 3.14159265358979324) * (v + 0.044715 * v * v * v)));
  };
  const auto relu = [](double v) { return std::max(v, 0.0); };
  const std::vector<std::pair<Activation, std::function<double(double)>>> cases = {
      {Activation::relu, relu},
      {Activation::silu, silu},
      {Activation::gelu, gelu},
      {Activation::gelu_tanh, gelu_tanh}};
  for (const auto& [activation, formula] : cases)
    for (const Index n : kLengths) {
      Matrix x = random_matrix(3, n, 1, 3.0f);
      const Matrix up = random_matrix(3, n, 2);
      Matrix gate = random_matrix(3, n, 1, 3.0f);
      const RowMatrix expected = to_double(x).unaryExpr(formula);
      const double largest = std::max(1.0, expected.cwiseAbs().maxCoeff());
      activate(activation, x);
      EXPECT_TRUE(tensor_near(x, expected, kSiluTolerance * largest)) << n;
      activate_and_multiply(activation, gate, up);
      EXPECT_TRUE(
          tensor_near(gate, expected.cwiseProduct(to_double(up)), kSiluTolerance * largest * 4.0))
          << n;
    }
}

TEST(Activate, NanShows) {
  for (const Activation activation :
       {Activation::relu, Activation::silu, Activation::gelu, Activation::gelu_tanh})
    for (const Index at : {0, 15, 16, 20}) {
      Matrix x = random_matrix(1, 21, 1);
      x(0, at) = kNan;
      activate(activation, x);
      EXPECT_EQ(first_non_finite(x), at);
    }
}

TEST(RotatePairs, TurnsNeighbours) {
  Matrix x = random_matrix(1, 6, 1), cos = random_matrix(1, 3, 2), sin = random_matrix(1, 3, 3);
  RowMatrix expected(1, 6);
  for (Index i = 0; i < 3; ++i) {
    const double c = static_cast<double>(cos(0, i)), s = static_cast<double>(sin(0, i));
    const double a = static_cast<double>(x(0, 2 * i)), b = static_cast<double>(x(0, 2 * i + 1));
    expected(0, 2 * i) = a * c - b * s;
    expected(0, 2 * i + 1) = b * c + a * s;
  }
  elementwise_kernels().rotate_pairs(x.data(), cos.data(), sin.data(), 3);
  EXPECT_TRUE(tensor_near(x, expected, kRotationTolerance));
}

TEST(RotateHalf, TurnsPairs) {
  for (const Index half : {1, 8, 16, 20, 33, 64}) {
    Matrix x = random_matrix(1, 2 * half, 1);
    Matrix cos(1, half), sin(1, half);
    RowMatrix expected(1, 2 * half);
    for (Index i = 0; i < half; ++i) {
      const float angle = static_cast<float>(i) * 0.7f;
      cos(0, i) = std::cos(angle);
      sin(0, i) = std::sin(angle);
      const double c = static_cast<double>(cos(0, i)), s = static_cast<double>(sin(0, i));
      const double a = static_cast<double>(x(0, i)), b = static_cast<double>(x(0, half + i));
      expected(0, i) = a * c - b * s;
      expected(0, half + i) = b * c + a * s;
    }
    elementwise_kernels().rotate_half(x.data(), cos.data(), sin.data(), half);
    EXPECT_TRUE(tensor_near(x, expected, kRotationTolerance)) << half;
  }
}

TEST(FirstNonFinite, FindsTheFirstInReadingOrder) {
  const Matrix good = random_matrix(4, 19, 1);
  EXPECT_EQ(first_non_finite(good), -1);
  EXPECT_EQ(first_non_finite(Matrix(0, 19)), -1);
  for (const float bad : {kNan, -kNan, kInfinity, -kInfinity})
    for (const Index at : {0, 15, 16, 18, 19, 40, 75}) {
      Matrix x = random_matrix(4, 19, 1);
      x.data()[at] = bad;
      x.data()[75] = bad;
      EXPECT_EQ(first_non_finite(x), at) << bad;
    }
  Matrix large(1, 3);
  large.fill(std::numeric_limits<float>::max());
  large(0, 1) = std::numeric_limits<float>::denorm_min();
  EXPECT_EQ(first_non_finite(large), -1);
}

TEST(FirstNonFinite, ReadsNothingBesideAView) {
  Matrix x = random_matrix(3, 30, 1);
  x(0, 4) = kNan;
  x(2, 25) = kNan;
  EXPECT_EQ(first_non_finite(x.view().middle_cols(5, 20)), -1);
  x(1, 9) = kInfinity;
  EXPECT_EQ(first_non_finite(x.view().middle_cols(5, 20)), 24);  // row·cols + col of the view
}

/// Each kernel in every form, on one row of `n` values spread over the exponents.
struct Form {
  const char* name;
  std::function<void(const ElementwiseKernels&, Index n, Matrix& x)> run;
};

TEST(ElementwiseForms, AreEqualBitForBit) {
  const Matrix w = random_matrix(1, 2048, 11), b = random_matrix(1, 2048, 12);
  const std::vector<Form> forms = {
      {"layer_norm",
       [&](const ElementwiseKernels& k, Index n, Matrix& x) {
         k.layer_norm(x.data(), w.data(), b.data(), 1e-5f, n, x.data());
       }},
      {"layer_norm without bias",
       [&](const ElementwiseKernels& k, Index n, Matrix& x) {
         k.layer_norm(x.data(), w.data(), nullptr, 1e-5f, n, x.data());
       }},
      {"rms_norm", [&](const ElementwiseKernels& k, Index n,
                       Matrix& x) { k.rms_norm(x.data(), w.data(), 1e-6f, n, x.data()); }},
      {"silu_multiply", [&](const ElementwiseKernels& k, Index n,
                            Matrix& x) { k.silu_multiply(x.data(), w.data(), n); }},
      {"gelu", [](const ElementwiseKernels& k, Index n, Matrix& x) { k.gelu(x.data(), n); }},
      {"gelu_tanh",
       [](const ElementwiseKernels& k, Index n, Matrix& x) { k.gelu_tanh(x.data(), n); }},
      {"silu", [](const ElementwiseKernels& k, Index n, Matrix& x) { k.silu(x.data(), n); }},
      {"relu", [](const ElementwiseKernels& k, Index n, Matrix& x) { k.relu(x.data(), n); }},
      {"multiply",
       [&](const ElementwiseKernels& k, Index n, Matrix& x) { k.multiply(x.data(), w.data(), n); }},
      {"add",
       [&](const ElementwiseKernels& k, Index n, Matrix& x) { k.add(x.data(), w.data(), n); }},
      {"scale_and_slope", [](const ElementwiseKernels& k, Index n,
                             Matrix& x) { k.scale_and_slope(x.data(), 0.3f, 0.07f, 11, n); }},
      {"rotate_pairs", [&](const ElementwiseKernels& k, Index n,
                           Matrix& x) { k.rotate_pairs(x.data(), w.data(), b.data(), n / 2); }},
      {"softmax",
       [&](const ElementwiseKernels& k, Index n, Matrix& x) { k.softmax(x.data(), 0.37f, n); }},
      {"rotate_half", [&](const ElementwiseKernels& k, Index n,
                          Matrix& x) { k.rotate_half(x.data(), w.data(), b.data(), n / 2); }},
      {"all_finite", [&](const ElementwiseKernels& k, Index n,
                         Matrix& x) { x(0, 0) = k.all_finite(x.data(), n) ? 1.0f : 0.0f; }},
  };
  for (const Form& form : forms)
    for (const Index n : kLengths)
      for (const float sigma : {1e-3f, 1.0f, 30.0f}) {
        Matrix expected = random_matrix(1, n, static_cast<std::uint64_t>(n), sigma);
        form.run(elementwise_kernels(Isa::portable), n, expected);
        for (const Isa isa : {Isa::avx2, Isa::avx512}) {
          if (!runs_here(isa)) continue;
          Matrix got = random_matrix(1, n, static_cast<std::uint64_t>(n), sigma);
          form.run(elementwise_kernels(isa), n, got);
          ASSERT_TRUE(equal_bits(got, expected))
              << form.name << ", " << n << " values, " << isa_name(isa);
        }
      }
}

/// NaN shows in every form, not only in the one of this CPU.
TEST(ElementwiseForms, AllLetNanShow) {
  for (const Isa isa : {Isa::portable, Isa::avx2, Isa::avx512}) {
    if (!runs_here(isa)) continue;
    for (Index at = 0; at < 37; ++at) {
      Matrix x = random_matrix(1, 37, 1), up = random_matrix(1, 37, 2);
      x(0, at) = kNan;
      EXPECT_FALSE(elementwise_kernels(isa).all_finite(x.data(), 37)) << isa_name(isa);
      elementwise_kernels(isa).silu_multiply(x.data(), up.data(), 37);
      EXPECT_TRUE(std::isnan(x(0, at))) << isa_name(isa);
      elementwise_kernels(isa).softmax(x.data(), 1.0f, 37);
      for (Index i = 0; i < 37; ++i)
        EXPECT_TRUE(std::isnan(x(0, i))) << isa_name(isa) << ", " << at;
    }
  }
}

}  // namespace
}  // namespace nf
