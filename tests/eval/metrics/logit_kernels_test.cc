#include "eval/metrics/logit_kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "tests/support/random_matrix.h"

namespace nf {
namespace {

constexpr Isa kForms[] = {Isa::portable, Isa::avx2, Isa::avx512};
/// Around the sixteen lanes, and a whole chunk of the vocabulary.
constexpr Index kLengths[] = {1, 2, 15, 16, 17, 31, 33, 1000, 1024};
/// Sums of up to 1024 f32 terms whose relative errors are a few 1e-7 each, sixteen sums apart.
constexpr double kSumTolerance = 2e-6;

std::vector<Isa> forms_of_this_cpu() {
  std::vector<Isa> forms;
  for (const Isa form : kForms)
    if (form <= cpu_isa()) forms.push_back(form);
  return forms;
}

struct Row {
  explicit Row(Index n, std::uint64_t salt)
      : logits(random_matrix(1, n, salt, 4.0f)), reference(random_matrix(1, n, salt + 1, 4.0f)) {}
  Matrix logits, reference;
};

float largest(const Matrix& row) { return *std::max_element(row.data(), row.data() + row.size()); }

TEST(LogitKernels, FindTheLargest) {
  for (const Index n : kLengths) {
    const Row row(n, static_cast<std::uint64_t>(n));
    for (const Isa form : forms_of_this_cpu())
      EXPECT_EQ(logit_kernels(form).max(row.logits.data(), n), largest(row.logits)) << n;
  }
}

TEST(LogitKernels, FindTheLargestOfNegativeOnes) {
  const float logits[] = {-5.0f, -3.0f, -9.0f};
  for (const Isa form : forms_of_this_cpu()) EXPECT_EQ(logit_kernels(form).max(logits, 3), -3.0f);
}

TEST(LogitKernels, SumExponentialsAsDoubleDoes) {
  for (const Index n : kLengths) {
    const Row row(n, static_cast<std::uint64_t>(n) + 100);
    const float shift = largest(row.logits);
    double sum = 0.0;
    for (Index i = 0; i < n; ++i)
      sum += std::exp(static_cast<double>(row.logits(0, i)) - static_cast<double>(shift));
    Matrix exps(1, n);
    const double fast = logit_kernels().exps(row.logits.data(), shift, n, exps.data());
    EXPECT_NEAR(fast / sum, 1.0, kSumTolerance) << n;
    for (Index i = 0; i < n; ++i)
      EXPECT_NEAR(exps(0, i),
                  std::exp(static_cast<double>(row.logits(0, i)) - static_cast<double>(shift)),
                  1e-6);
  }
}

TEST(LogitKernels, SumDifferencesAsDoubleDoes) {
  for (const Index n : kLengths) {
    const Row row(n, static_cast<std::uint64_t>(n) + 200);
    Matrix weights(1, n), own_weights(1, n);
    logit_kernels().exps(row.reference.data(), largest(row.reference), n, weights.data());
    const double own_sum =
        logit_kernels().exps(row.logits.data(), largest(row.logits), n, own_weights.data());
    const auto slow = [&](const Matrix& weight) {
      double sum = 0.0, size = 0.0;
      for (Index i = 0; i < n; ++i) {
        const double term =
            static_cast<double>(weight(0, i)) *
            (static_cast<double>(row.reference(0, i)) - static_cast<double>(row.logits(0, i)));
        sum += term;
        size += std::abs(term);
      }
      return std::pair(sum, kSumTolerance * size);
    };
    double difference = 0.0, own_difference = 0.0;
    EXPECT_EQ(logit_kernels().exp_sum_and_differences(row.logits.data(), largest(row.logits),
                                                      row.reference.data(), weights.data(), n,
                                                      &difference, &own_difference),
              own_sum);
    const auto [sum, tolerance] = slow(weights);
    EXPECT_NEAR(difference, sum, tolerance) << n;
    const auto [own, own_tolerance] = slow(own_weights);
    EXPECT_NEAR(own_difference, own, own_tolerance) << n;
  }
}

TEST(LogitKernels, FindNoDifferenceBetweenEqualRows) {
  for (const Index n : kLengths) {
    const Row row(n, static_cast<std::uint64_t>(n) + 300);
    double difference = -1.0, own_difference = -1.0;
    logit_kernels().exp_sum_and_differences(row.logits.data(), largest(row.logits),
                                            row.logits.data(), row.reference.data(), n, &difference,
                                            &own_difference);
    EXPECT_EQ(difference, 0.0);
    EXPECT_EQ(own_difference, 0.0);
  }
}

TEST(LogitKernels, GiveTheSameBitsInEveryForm) {
  const std::vector<Isa> forms = forms_of_this_cpu();
  if (forms.size() == 1) GTEST_SKIP() << "this processor has the portable form alone";
  for (const Index n : kLengths) {
    const Row row(n, static_cast<std::uint64_t>(n) + 400);
    const float shift = largest(row.logits);
    Matrix expected(1, n), exps(1, n);
    const LogitKernels& portable = logit_kernels(Isa::portable);
    double expected_difference = 0.0, difference = 0.0, expected_own = 0.0, own = 0.0;
    const double expected_sum = portable.exps(row.logits.data(), shift, n, expected.data());
    portable.exp_sum_and_differences(row.logits.data(), shift, row.reference.data(),
                                     expected.data(), n, &expected_difference, &expected_own);
    for (const Isa form : forms) {
      const LogitKernels& kernels = logit_kernels(form);
      EXPECT_EQ(kernels.exps(row.logits.data(), shift, n, exps.data()), expected_sum);
      EXPECT_EQ(kernels.exp_sum_and_differences(row.logits.data(), shift, row.reference.data(),
                                                exps.data(), n, &difference, &own),
                expected_sum);
      EXPECT_EQ(difference, expected_difference) << isa_name(form) << " " << n;
      EXPECT_EQ(own, expected_own) << isa_name(form) << " " << n;
      for (Index i = 0; i < n; ++i)
        ASSERT_EQ(std::bit_cast<std::uint32_t>(exps(0, i)),
                  std::bit_cast<std::uint32_t>(expected(0, i)));
    }
  }
}

TEST(LogitKernels, LetNaNShowInTheirSums) {
  for (const Isa form : forms_of_this_cpu()) {
    for (const Index at : {0, 16, 18}) {  // in a whole vector and in the rest
      Row row(19, 7);
      row.logits(0, at) = std::numeric_limits<float>::quiet_NaN();
      Matrix exps(1, 19);
      EXPECT_FALSE(
          std::isfinite(logit_kernels(form).exps(row.logits.data(), 5.0f, 19, exps.data())));
      double difference = 0.0, own_difference = 0.0;
      EXPECT_FALSE(std::isfinite(logit_kernels(form).exp_sum_and_differences(
          row.logits.data(), 5.0f, row.reference.data(), row.reference.data(), 19, &difference,
          &own_difference)));
      EXPECT_FALSE(std::isfinite(difference));
      EXPECT_FALSE(std::isfinite(own_difference));
    }
  }
}

}  // namespace
}  // namespace nf
