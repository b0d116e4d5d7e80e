#include "perturb/distortion_stats.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "perturb/order_statistic.h"
#include "perturb/stats_kernels.h"
#include "tests/reference/distortion_stats_reference.h"
#include "tests/support/noise_support.h"

namespace nf {
namespace {

// Sums in double in another order.
constexpr double kError = 1e-10;

DistortionStats stats_of(std::vector<float> x, std::vector<float> distorted) {
  const Index n = static_cast<Index>(x.size());
  DistortionStats stats;
  stats.add({x.data(), 1, n}, {distorted.data(), 1, n}, Unit::tensor(), SiteTensor::weight);
  return stats;
}

void expect_reference(const DistortionStats& stats, const ReferenceFigures& expected) {
  EXPECT_NEAR(stats.relative_l2(), expected.relative_l2, kError);
  EXPECT_NEAR(stats.sqnr_db(), expected.sqnr_db, kError);
  EXPECT_EQ(stats.max_abs_d, expected.max_abs_d);
  EXPECT_NEAR(stats.mean_error(), expected.mean_error, kError);
  EXPECT_NEAR(stats.kurtosis(), expected.kurtosis, kError);
  EXPECT_NEAR(stats.cosine(), expected.cosine, kError);
  EXPECT_NEAR(stats.size_correlation(), expected.size_correlation, kError);
  EXPECT_NEAR(stats.energy_on_small(), expected.energy_on_small, kError);
  EXPECT_EQ(stats.sign_flips, expected.sign_flips);
  EXPECT_EQ(stats.to_zero, expected.to_zero);
}

TEST(DistortionStats, AgreesWithTheReferenceForEveryUnit) {
  const Matrix x = normal_matrix(21, 53, 1);
  Matrix distorted = normal_matrix(21, 53, 2);
  for (Index i = 0; i < x.size(); ++i) {
    distorted.data()[i] = x.data()[i] + 0.3f * x.data()[i] * distorted.data()[i] + 0.01f;
    if (i % 17 == 0) distorted.data()[i] = 0.0f;
  }
  for (const auto& [unit, tensor] : {std::pair{Unit::tensor(), SiteTensor::weight},
                                     {Unit::channel(), SiteTensor::weight},
                                     {Unit::groups(8), SiteTensor::weight},
                                     {Unit::groups_in(8), SiteTensor::weight},
                                     {Unit::token(), SiteTensor::input},
                                     {Unit::channel(), SiteTensor::input}}) {
    DistortionStats stats;
    stats.add(x, distorted, unit, tensor);
    EXPECT_EQ(stats.count, x.size());
    expect_reference(stats, reference_figures(x, distorted, unit, tensor));
  }
}

TEST(DistortionStats, OfAUnitAddedInPartsAreThoseOfTheWhole) {
  const Matrix x = normal_matrix(30, 19, 1), distorted = normal_matrix(30, 19, 2);
  DistortionStats whole, parts, energies, parts_of_energies;
  whole.add(x, distorted, Unit::tensor(), SiteTensor::weight);
  energies.add_energies(x, distorted);
  for (Index first = 0; first < 30; first += 7) {
    const Index count = std::min<Index>(7, 30 - first);
    const ConstMatrixView x_part = x.view().middle_rows(first, count);
    const ConstMatrixView distorted_part = distorted.view().middle_rows(first, count);
    parts.add_rows(x_part, distorted_part, median_magnitude(x.view()));
    parts_of_energies.add_energies(x_part, distorted_part);
  }
  EXPECT_EQ(parts, whole);
  EXPECT_EQ(parts_of_energies, energies);
}

/// x and x̃ of which δ is far from 0, about `mean`, and varies by about 1.
struct FarFromZero {
  FarFromZero(Index rows, Index cols, float mean) : x(rows, cols), distorted(rows, cols) {
    const Matrix noise = normal_matrix(rows, cols, 7);
    for (Index i = 0; i < x.size(); ++i) {
      const float z = noise.data()[i];
      x.data()[i] = -mean - std::round(4.0f * z) * 0.25f;
      // Spread also by rows, so that the means of parts differ.
      distorted.data()[i] = static_cast<float>(i / cols % 3) * 0.5f;
    }
  }
  Matrix x, distorted;
};

TEST(DistortionStats, KeepTheirDigitsWhereTheMeanIsFarFromZero) {
  constexpr double kPromised = 1e-6;
  for (const float mean : {1e3f, 1048576.0f, 4194304.0f}) {  // 0.25 is a unit in the last place
    for (const Index rows : {1, 40}) {
      const FarFromZero far(rows, 500, mean);
      DistortionStats stats, merged;
      stats.add(far.x, far.distorted, Unit::tensor(), SiteTensor::weight);
      for (Index r = 0; r < rows; ++r) {
        DistortionStats row;
        row.add(far.x.view().middle_rows(r, 1), far.distorted.view().middle_rows(r, 1),
                Unit::tensor(), SiteTensor::weight);
        merged.merge(row);
      }
      const ReferenceFigures expected =
          reference_figures(far.x, far.distorted, Unit::tensor(), SiteTensor::weight);
      for (const DistortionStats& of : {stats, merged}) {
        EXPECT_NEAR(of.kurtosis() / expected.kurtosis, 1.0, kPromised) << mean << ' ' << rows;
        EXPECT_NEAR(of.size_correlation(), expected.size_correlation, kPromised);
        EXPECT_LE(std::abs(of.size_correlation()), 1.0);
        EXPECT_EQ(of.count, rows * 500);
      }
    }
  }
}

TEST(DistortionStats, AreRightWhereAnOutlierComesFirst) {
  Matrix x(20, 100), distorted = normal_matrix(20, 100, 3);
  x.fill(0.0f);
  distorted(0, 0) = 1e7f;
  DistortionStats stats;
  stats.add(x, distorted, Unit::tensor(), SiteTensor::weight);
  const ReferenceFigures expected =
      reference_figures(x, distorted, Unit::tensor(), SiteTensor::weight);
  EXPECT_NEAR(stats.kurtosis() / expected.kurtosis, 1.0, kError);
}

TEST(DistortionStats, NeverHaveACorrelationBeyondOne) {
  // δ = x/2 and δ = −x: both sizes are one but for a factor.
  const Matrix x = normal_matrix(7, 333, 4);
  for (const float factor : {0.5f, -1.0f}) {
    Matrix distorted(7, 333);
    for (Index i = 0; i < x.size(); ++i) distorted.data()[i] = x.data()[i] * (1.0f + factor);
    DistortionStats stats;
    stats.add(x, distorted, Unit::tensor(), SiteTensor::weight);
    EXPECT_LE(stats.size_correlation(), 1.0);
    EXPECT_NEAR(stats.size_correlation(), 1.0, kError);
    EXPECT_FALSE(std::abs(stats.cosine()) > 1.0);
  }
}

/// The mean of equal values is one of them, whatever they add up to.
TEST(DistortionStats, OfEqualErrorsHaveNoSpread) {
  Matrix x(11, 777), distorted(11, 777);
  x.fill(0.0f);
  distorted.fill(0.1f);
  DistortionStats stats;
  stats.add(x, distorted, Unit::tensor(), SiteTensor::weight);
  EXPECT_EQ(stats.central_d2, 0.0);
  EXPECT_EQ(stats.mean_error(), static_cast<double>(0.1f));
  EXPECT_TRUE(std::isnan(stats.kurtosis()));
  EXPECT_TRUE(std::isnan(stats.size_correlation()));
}

TEST(DistortionStats, FiguresOfAnExampleWorkedByHand) {
  // δ = {1, -1, 1, -5}; Σx² = 1 + 4 + 9 + 16 = 30, Σδ² = 28.
  const DistortionStats stats = stats_of({1.0f, 2.0f, 3.0f, 4.0f}, {2.0f, 1.0f, 4.0f, -1.0f});
  EXPECT_DOUBLE_EQ(stats.relative_l2(), std::sqrt(28.0 / 30.0));
  EXPECT_DOUBLE_EQ(stats.sqnr_db(), -10.0 * std::log10(28.0 / 30.0));
  EXPECT_DOUBLE_EQ(stats.max_abs_d, 5.0);
  EXPECT_DOUBLE_EQ(stats.mean_error(), -1.0);
  // About the mean: {2, 0, 2, -4}; m2 = 24/4 = 6, m4 = (16 + 0 + 16 + 256)/4 = 72.
  EXPECT_DOUBLE_EQ(stats.kurtosis(), 2.0);
  // x·x̃ = 2 + 2 + 12 - 4 = 12; ‖x̃‖² = 4 + 1 + 16 + 1 = 22.
  EXPECT_DOUBLE_EQ(stats.cosine(), 12.0 / std::sqrt(30.0 * 22.0));
  // |δ| = {1, 1, 1, 5} against {1, 2, 3, 4}: covariance 6/4, variances 5/4 and 12/4.
  EXPECT_DOUBLE_EQ(stats.size_correlation(), 6.0 / std::sqrt(5.0 * 12.0));
  // The median lies between 2 and 3: 1 and 2 are below, with δ² = 1 + 1.
  EXPECT_DOUBLE_EQ(stats.energy_on_small(), 2.0 / 28.0);
  EXPECT_DOUBLE_EQ(stats.sign_flip_rate(), 0.25);
  EXPECT_DOUBLE_EQ(stats.to_zero_rate(), 0.0);
}

TEST(DistortionStats, FlipsAndZerosNeedNonZeroValues) {
  const DistortionStats stats =
      stats_of({0.0f, 0.0f, 1.0f, -1.0f, -1.0f, 1e-40f}, {1.0f, 0.0f, 0.0f, 1.0f, -0.0f, -1e-40f});
  EXPECT_EQ(stats.sign_flips, 2);
  EXPECT_EQ(stats.to_zero, 2);
}

TEST(DistortionStats, ClippedShareIsWhatTheDistortionReported) {
  DistortionStats stats = stats_of({1.0f, 2.0f, 3.0f, 4.0f}, {1.0f, 2.0f, 3.0f, 3.0f});
  stats.clipped += 1;
  EXPECT_DOUBLE_EQ(stats.clipped_rate(), 0.25);
}

TEST(DistortionStats, MergedPartsAreTheWhole) {
  const Matrix x = normal_matrix(10, 30, 5), distorted = normal_matrix(10, 30, 6);
  DistortionStats whole, first, second;
  whole.add(x, distorted, Unit::token(), SiteTensor::input);
  first.add(x.view().middle_rows(0, 4), distorted.view().middle_rows(0, 4), Unit::token(),
            SiteTensor::input);
  second.add(x.view().middle_rows(4, 6), distorted.view().middle_rows(4, 6), Unit::token(),
             SiteTensor::input);
  first.clipped = 2;
  second.clipped = 3;
  first.merge(second);
  EXPECT_EQ(first.count, 300);
  EXPECT_EQ(first.clipped, 5);
  expect_reference(first, reference_figures(x, distorted, Unit::token(), SiteTensor::input));
  EXPECT_NEAR(first.central_abs_xd, whole.central_abs_xd, kError);
}

TEST(DistortionStats, EnergiesAloneAreTheSameBits) {
  const Matrix x = normal_matrix(10, 37, 5), distorted = normal_matrix(10, 37, 6);
  for (const SiteTensor tensor : {SiteTensor::weight, SiteTensor::input}) {
    DistortionStats whole, energies;
    whole.add(x, distorted, median_unit(tensor), tensor);
    energies.add_energies(x, distorted);
    EXPECT_EQ(energies.count, whole.count);
    EXPECT_EQ(energies.sum_x2, whole.sum_x2);
    EXPECT_EQ(energies.sum_d2, whole.sum_d2);
  }
}

TEST(DistortionStats, WhatHasNoValueIsNaN) {
  const DistortionStats nothing;
  EXPECT_TRUE(std::isnan(nothing.relative_l2()));
  EXPECT_TRUE(std::isnan(nothing.kurtosis()));
  const DistortionStats unchanged = stats_of({1.0f, 2.0f}, {1.0f, 2.0f});
  EXPECT_EQ(unchanged.relative_l2(), 0.0);
  EXPECT_EQ(unchanged.sqnr_db(), INFINITY);
  EXPECT_TRUE(std::isnan(unchanged.kurtosis()));
  EXPECT_TRUE(std::isnan(unchanged.energy_on_small()));
  // One size of error has no correlation with anything.
  EXPECT_TRUE(std::isnan(stats_of({1.0f, 2.0f, 4.0f}, {1.5f, 1.5f, 4.5f}).size_correlation()));
}

TEST(DistortionStats, FormsAgreeBitForBit) {
  const Matrix x = normal_matrix(1, 300, 5), distorted = normal_matrix(1, 300, 6);
  for (const Index n : {1, 7, 8, 16, 23, 300}) {
    const StatsPivots pivots{.d = 0.1, .abs_x = 0.7, .abs_d = 0.9};
    const auto bytes_of = [&](Isa isa) {
      const StatsSums sums = stats_kernels(isa).sums(x.data(), distorted.data(), 0.7f, pivots, n);
      std::array<char, sizeof sums> bytes{};
      std::memcpy(bytes.data(), &sums, sizeof sums);
      return bytes;
    };
    for (const Isa isa : {Isa::avx2, Isa::avx512}) {
      if (isa > cpu_isa()) continue;
      EXPECT_EQ(bytes_of(isa), bytes_of(Isa::portable)) << isa_name(isa) << " " << n;
    }
  }
}

}  // namespace
}  // namespace nf
