#include "perturb/value_profile.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "perturb/profile_kernels.h"
#include "tests/support/noise_support.h"

namespace nf {
namespace {

constexpr Index kRows = 37, kColumns = 45;
// Powers in double about the mean, in another order.
constexpr double kMomentError = 1e-11;

Matrix window(std::uint64_t seed) {
  Matrix x = normal_matrix(kRows, kColumns, seed);
  for (Index r = 0; r < kRows; ++r) x(r, 7) *= 30.0f;  // an outlying channel
  x(0, 3) = -400.0f;                                   // and a massive value at position 0
  return x;
}

std::vector<Matrix> windows_of(std::initializer_list<std::uint64_t> seeds) {
  std::vector<Matrix> windows;
  for (const std::uint64_t seed : seeds) windows.push_back(window(seed));
  return windows;
}

std::vector<double> values_of(const std::vector<Matrix>& windows) {
  std::vector<double> values;
  for (const Matrix& x : windows)
    for (Index i = 0; i < x.size(); ++i) values.push_back(static_cast<double>(x.data()[i]));
  return values;
}

double central(const std::vector<double>& values, double mean, int power) {
  double sum = 0.0;
  for (const double v : values) sum += std::pow(v - mean, power);
  return sum / static_cast<double>(values.size());
}

TEST(ValueProfile, HasTheMomentsAndExtremaOfTheValues) {
  const std::vector<Matrix> windows = windows_of({1, 2, 3});
  ValueProfile profile;
  for (std::size_t w = 0; w < windows.size(); ++w)
    profile.add_window(static_cast<Index>(w), windows[w], true);
  const std::vector<double> values = values_of(windows);
  const double mean = central(values, 0.0, 1), variance = central(values, mean, 2);
  const ValueMoments moments = profile.moments();
  EXPECT_EQ(moments.count, std::ssize(values));
  EXPECT_NEAR(moments.mean, mean, 1e-12);
  EXPECT_NEAR(moments.sigma(), std::sqrt(variance), kMomentError * std::sqrt(variance));
  const double skewness = central(values, mean, 3) / std::pow(variance, 1.5);
  const double kurtosis = central(values, mean, 4) / (variance * variance);
  EXPECT_NEAR(moments.skewness(), skewness, kMomentError * kurtosis);
  EXPECT_NEAR(moments.kurtosis(), kurtosis, kMomentError * kurtosis);
  EXPECT_EQ(static_cast<double>(profile.lowest), *std::min_element(values.begin(), values.end()));
  EXPECT_EQ(static_cast<double>(profile.highest), *std::max_element(values.begin(), values.end()));
  EXPECT_EQ(profile.windows(), 3);
}

TEST(ValueProfile, KeepsMaximaByChannelAndPositionAndOfFirstPositionsApart) {
  const Matrix x = window(4);
  ValueProfile profile;
  profile.add_window(0, x, true);
  for (Index c = 0; c < kColumns; ++c) {
    float first = 0.0f, rest = 0.0f;
    for (Index r = 0; r < kRows; ++r) {
      float& most = r < kFirstPositions ? first : rest;
      most = std::max(most, std::abs(x(r, c)));
    }
    EXPECT_EQ(profile.column_max[static_cast<std::size_t>(c)], rest) << c;
    EXPECT_EQ(profile.column_max_first[static_cast<std::size_t>(c)], first) << c;
    EXPECT_EQ(profile.channel_max()[static_cast<std::size_t>(c)], std::max(first, rest)) << c;
  }
  ASSERT_EQ(std::ssize(profile.row_max), kRows);
  EXPECT_EQ(profile.row_max[0], 400.0f);
  EXPECT_EQ(profile.peak.position, 0);
  EXPECT_EQ(profile.peak.channel, 3);
  EXPECT_EQ(profile.peak.value, -400.0f);
  EXPECT_TRUE(std::equal(x.data(), x.data() + kColumns, profile.peak.row.begin()));
}

TEST(ValueProfile, CountsExactlyFromAnEdgeAndWithinABinElsewhere) {
  const std::vector<Matrix> windows = windows_of({5, 6});
  ValueProfile profile;
  for (std::size_t w = 0; w < windows.size(); ++w)
    profile.add_window(static_cast<Index>(w), windows[w]);
  const std::vector<double> values = values_of(windows);
  const auto from = [&](double size) {
    return static_cast<double>(std::count_if(values.begin(), values.end(),
                                             [size](double v) { return std::abs(v) >= size; }));
  };
  const ValueHistogram& histogram = profile.histogram;
  for (const double edge : {6.0, 1.0, 0.25, 0.53125, 0.0})
    EXPECT_EQ(histogram.count_from(edge), from(edge)) << edge;
  for (const double size : {0.3, 1.9, 7.7}) {
    EXPECT_GE(histogram.count_from(size), from(size * 17.0 / 16.0));
    EXPECT_LE(histogram.count_from(size), from(size * 15.0 / 16.0));
  }
  const auto outside = [&](double low, double high) {
    return static_cast<double>(std::count_if(values.begin(), values.end(),
                                             [&](double v) { return v <= low || v >= high; }));
  };
  EXPECT_EQ(histogram.count_outside(-2.0, 1.0), outside(-2.0, 1.0));
  EXPECT_EQ(histogram.count_outside(0.5, 1.0), outside(0.5, 1.0));
  EXPECT_EQ(histogram.count(), std::ssize(values));
  Index octaves = histogram.below_octaves() + histogram.above_octaves();
  for (int e = ValueHistogram::kLeastExponent; e < ValueHistogram::kEndExponent; ++e)
    octaves += histogram.octave(e);
  EXPECT_EQ(octaves, std::ssize(values));
  EXPECT_EQ(histogram.octave(0), static_cast<Index>(from(1.0) - from(2.0)));
}

TEST(ValueProfile, HasTheSameBitsHoweverATextIsCut) {
  std::vector<ValueProfile> single;
  ValueProfile straight;
  for (Index w = 0; w < 11; ++w) {
    const Matrix x = window(static_cast<std::uint64_t>(20 + w));
    straight.add_window(w, x, true);
    single.emplace_back().add_window(w, x, true);
  }
  for (const std::vector<Index>& order : {std::vector<Index>{10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0},
                                          std::vector<Index>{5, 6, 7, 0, 1, 2, 8, 9, 10, 3, 4}}) {
    ValueProfile joined;
    for (const Index w : order) joined.merge(single[static_cast<std::size_t>(w)]);
    EXPECT_TRUE(joined == straight);
  }
  EXPECT_EQ(straight.blocks.size(), 3u);  // 8 + 2 + 1
  EXPECT_TRUE(straight.has_window(10));
  EXPECT_FALSE(straight.has_window(11));
}

TEST(ValueProfile, OfAWeightTakesRowsInParts) {
  const Matrix w = window(9);
  ValueProfile whole, parts;
  whole.add_rows(w);
  parts.add_rows(w.view().middle_rows(0, 20));
  parts.add_rows(w.view().middle_rows(20, 17));
  EXPECT_TRUE(whole == parts);
  EXPECT_EQ(whole.windows(), 0);
  EXPECT_TRUE(whole.column_max_first.empty());
  EXPECT_EQ(std::ssize(whole.row_max), kRows);
}

TEST(ProfileKernels, FormsAgreeBitForBit) {
  const Matrix x = window(10);
  for (const Isa isa : {Isa::portable, Isa::avx2, Isa::avx512}) {
    if (isa > cpu_isa()) continue;
    for (const Index n : {1, 3, 8, 15, 16, 17, 45, 199, 1024}) {
      const ProfileSums own = profile_kernels(isa).sums(x.data(), 0.25, n),
                        expected = profile_kernels(Isa::portable).sums(x.data(), 0.25, n);
      for (int p = 0; p < 4; ++p) EXPECT_EQ(own.powers[p], expected.powers[p]) << isa_name(isa);
      EXPECT_EQ(own.lowest, expected.lowest);
      EXPECT_EQ(own.highest, expected.highest);
      std::vector<float> most(1025, -1.0f), expected_most(1025, -1.0f);
      EXPECT_EQ(profile_kernels(isa).raise(x.data(), n, most.data()),
                profile_kernels(Isa::portable).raise(x.data(), n, expected_most.data()));
      EXPECT_EQ(most, expected_most);
      std::vector<std::int32_t> bins(1025, -1), expected_bins(1025, -1);
      profile_kernels(isa).bins(x.data(), n, bins.data());
      profile_kernels(Isa::portable).bins(x.data(), n, expected_bins.data());
      EXPECT_EQ(bins, expected_bins);
      for (Index i = 0; i < n; ++i) {
        const Index bin = bins[static_cast<std::size_t>(i)] % ValueHistogram::kBins;
        EXPECT_GE(std::abs(static_cast<double>(x.data()[i])), ValueHistogram::edge(bin));
        const double size = std::abs(static_cast<double>(x.data()[i]));
        EXPECT_TRUE(bin + 1 == ValueHistogram::kBins || size < ValueHistogram::edge(bin + 1));
      }
      EXPECT_EQ(bins.back(), -1);
      EXPECT_EQ(most.back(), -1.0f);
    }
  }
}

}  // namespace
}  // namespace nf
