#include "eval/metrics/logit_kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
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
  Row(Index n, std::uint64_t salt) : logits(random_matrix(1, n, salt, 4.0f)) {}
  Matrix logits;
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
    EXPECT_NEAR(logit_kernels().exp_sum(row.logits.data(), shift, n) / sum, 1.0, kSumTolerance)
        << n;
  }
}

TEST(LogitKernels, GiveTheSameBitsInEveryForm) {
  for (const Index n : kLengths) {
    const Row row(n, static_cast<std::uint64_t>(n) + 400);
    const float shift = largest(row.logits);
    for (const Isa form : forms_of_this_cpu())
      EXPECT_EQ(logit_kernels(form).exp_sum(row.logits.data(), shift, n),
                logit_kernels(Isa::portable).exp_sum(row.logits.data(), shift, n))
          << isa_name(form) << " " << n;
  }
}

TEST(LogitKernels, LetNaNShowInTheirSums) {
  for (const Isa form : forms_of_this_cpu()) {
    for (const Index at : {0, 16, 18}) {  // in a whole vector and in the rest
      Row row(19, 7);
      row.logits(0, at) = std::numeric_limits<float>::quiet_NaN();
      EXPECT_FALSE(std::isfinite(logit_kernels(form).exp_sum(row.logits.data(), 5.0f, 19)));
    }
  }
}

}  // namespace
}  // namespace nf
