#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "perturb/draws.h"
#include "tests/reference/noise_reference.h"

namespace nf {

/// The first n draws of one key and seed, the same in every run.
inline std::vector<float> draw_sample(const Draws& draws, Index n) {
  std::vector<float> z(static_cast<std::size_t>(n));
  draws.fill(z.data(), n, 0, 0x9d5f3a1b7c2e4680, 12345);
  return z;
}

/// Draws are what their definition, written out in double, makes of the same words.
inline void expect_definition(const Draws& draws,
                              const std::function<double(const ReferenceWords&)>& definition) {
  // Polynomials of about f32 precision, a dozen f32 operations: a few units in the last place.
  constexpr double kRelativeError = 2e-6;
  constexpr double kAbsoluteError = 2e-7;
  constexpr Index kCount = 20000;
  constexpr std::uint64_t kFirst = 5, kKey = 0xfeedfacecafebeef, kSeed = 77;
  std::vector<float> z(kCount);
  draws.fill(z.data(), kCount, kFirst, kKey, kSeed);
  for (std::size_t i = 0; i < z.size(); ++i) {
    const double expected = definition(reference_words(kFirst + i, kKey, kSeed));
    ASSERT_NEAR(static_cast<double>(z[i]), expected,
                kRelativeError * std::abs(expected) + kAbsoluteError)
        << draws.distribution->name << " element " << i;
  }
}

struct SampleMoments {
  double mean = 0.0, variance = 0.0, kurtosis = 0.0;
};

inline SampleMoments moments_of(const std::vector<float>& z) {
  const double n = static_cast<double>(z.size());
  double m1 = 0.0, m2 = 0.0, m4 = 0.0;
  for (const float v : z) m1 += static_cast<double>(v) / n;
  for (const float v : z) {
    const double d = static_cast<double>(v) - m1;
    m2 += d * d / n;
    m4 += d * d * d * d / n;
  }
  return {m1, m2, m4 / (m2 * m2)};
}

/// Kolmogorov's distance, max |F_n − F|, times √n. Larger than 1.95 with probability 0.001.
template <class Cdf>
double kolmogorov_statistic(std::vector<float> z, Cdf cdf) {
  std::sort(z.begin(), z.end());
  const double n = static_cast<double>(z.size());
  double distance = 0.0;
  for (std::size_t i = 0; i < z.size(); ++i) {
    const double f = cdf(static_cast<double>(z[i]));
    const double below = static_cast<double>(i);
    distance = std::max({distance, f - below / n, (below + 1.0) / n - f});
  }
  return distance * std::sqrt(n);
}

/// Exceeded by chance once in a thousand samples; the samples of the tests are fixed.
inline constexpr double kKolmogorovLimit = 1.95;
/// Sample moments may be off by this many of their standard errors.
inline constexpr double kSigmas = 4.0;

}  // namespace nf
