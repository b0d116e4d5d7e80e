#include "eval/metrics/divergence_kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "tests/support/random_matrix.h"

namespace nf {
namespace {

/// Around the sixteen columns, and a whole chunk of the vocabulary.
constexpr Index kLengths[] = {1, 2, 15, 16, 17, 31, 33, 1000, 1024};
constexpr double kExpError = 2e-13;

std::vector<Isa> forms_of_this_cpu() {
  std::vector<Isa> forms;
  for (const Isa form : {Isa::portable, Isa::avx2, Isa::avx512})
    if (form <= cpu_isa()) forms.push_back(form);
  return forms;
}

struct Row {
  explicit Row(Index n)
      : logits(random_matrix(1, n, static_cast<std::uint64_t>(n), 4.0f)),
        reference(random_matrix(1, n, static_cast<std::uint64_t>(n) + 1, 4.0f)),
        shift(static_cast<double>(*std::max_element(logits.data(), logits.data() + n))),
        weights(static_cast<std::size_t>(n)) {
    for (Index i = 0; i < n; ++i)
      weights[static_cast<std::size_t>(i)] = std::abs(static_cast<double>(reference(0, i)));
  }
  DivergenceSums sums(Isa form, double centre = 0.25) const {
    return divergence_kernels(form).sums(logits.data(), shift, reference.data(), weights.data(),
                                         centre, logits.cols());
  }
  Matrix logits, reference;
  double shift;
  std::vector<double> weights;
};

TEST(DivergenceKernels, WeighAsDoubleDoes) {
  for (const Index n : kLengths) {
    const Row row(n);
    std::vector<double> weights(static_cast<std::size_t>(n));
    double slow = 0.0;
    const double sum =
        divergence_kernels().weights(row.logits.data(), row.shift, n, weights.data());
    for (Index i = 0; i < n; ++i) {
      const double e = std::exp(static_cast<double>(row.logits(0, i)) - row.shift);
      EXPECT_NEAR(weights[static_cast<std::size_t>(i)] / e, 1.0, kExpError);
      slow += e;
    }
    EXPECT_NEAR(sum / slow, 1.0, kExpError) << n;
  }
}

TEST(DivergenceKernels, SumAsDoubleDoes) {
  for (const Index n : kLengths) {
    const Row row(n);
    DivergenceSums slow;
    double size = 0.0, own_size = 0.0;
    for (Index i = 0; i < n; ++i) {
      const double v = static_cast<double>(row.logits(0, i)), e = std::exp(v - row.shift);
      const double u = static_cast<double>(row.reference(0, i)) - v - 0.25;
      const double weight = row.weights[static_cast<std::size_t>(i)];
      slow.exps += e;
      slow.difference += weight * u;
      slow.own_difference += e * u;
      size += weight * std::abs(u);
      own_size += e * std::abs(u);
    }
    const DivergenceSums fast = row.sums(cpu_isa());
    EXPECT_NEAR(fast.exps / slow.exps, 1.0, kExpError) << n;
    EXPECT_NEAR(fast.difference, slow.difference, kExpError * size) << n;
    EXPECT_NEAR(fast.own_difference, slow.own_difference, kExpError * own_size) << n;
  }
}

TEST(DivergenceKernels, GiveTheSameBitsInEveryForm) {
  for (const Index n : kLengths) {
    const Row row(n);
    std::vector<double> expected(static_cast<std::size_t>(n)), weights(expected);
    const double expected_sum =
        divergence_kernels(Isa::portable).weights(row.logits.data(), row.shift, n, expected.data());
    const DivergenceSums expected_sums = row.sums(Isa::portable);
    for (const Isa form : forms_of_this_cpu()) {
      EXPECT_EQ(divergence_kernels(form).weights(row.logits.data(), row.shift, n, weights.data()),
                expected_sum);
      EXPECT_EQ(weights, expected) << isa_name(form) << " " << n;
      const DivergenceSums sums = row.sums(form);
      EXPECT_EQ(sums.exps, expected_sums.exps) << isa_name(form) << " " << n;
      EXPECT_EQ(sums.difference, expected_sums.difference) << isa_name(form) << " " << n;
      EXPECT_EQ(sums.own_difference, expected_sums.own_difference) << isa_name(form) << " " << n;
    }
  }
}

TEST(DivergenceKernels, LetWhatIsNotFiniteShow) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (const Isa form : forms_of_this_cpu()) {
    for (const Index at : {0, 16, 18}) {  // in a whole vector and in the rest
      for (const float bad : {std::numeric_limits<float>::quiet_NaN(), kInfinity, -kInfinity}) {
        Row row(19);
        row.logits(0, at) = bad;
        EXPECT_FALSE(std::isfinite(row.sums(form).difference)) << bad << " at " << at;
        EXPECT_FALSE(std::isfinite(row.sums(form).own_difference)) << bad << " at " << at;
      }
    }
  }
}

}  // namespace
}  // namespace nf
