#include "eval/metrics/kl_histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace nf {
namespace {

constexpr double kHalfBin = 0.011;  // 2^(1/64) - 1, how far a value lies from its bin's middle

/// Values like those of a text: most small, some of which are many times as large.
std::vector<double> some_values(std::size_t count, unsigned seed) {
  std::mt19937 generator(seed);
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i) {
    double sum = 0.0;  // nearly normal
    for (int k = 0; k < 12; ++k) sum += static_cast<double>(generator()) / 4294967296.0 - 0.5;
    values.push_back(0.02 * std::exp(1.7 * sum));
  }
  return values;
}

KlHistogram histogram_of(const std::vector<double>& values) {
  KlHistogram histogram;
  for (const double value : values) histogram.add(value);
  return histogram;
}

TEST(KlHistogram, PutsAValueIntoTheBinThatHoldsIt) {
  for (Index bin = kFirstKlBin; bin < 700; ++bin) {
    const double edge = kl_bin_edge(bin);
    EXPECT_NEAR(edge, std::exp2(static_cast<double>(bin) / 32.0), 1e-15 * edge) << bin;
    EXPECT_EQ(kl_bin(edge), bin);
    EXPECT_EQ(kl_bin(std::nextafter(edge, 0.0)), bin - 1);
  }
  EXPECT_EQ(kl_bin_edge(0), 1.0);
  EXPECT_EQ(kl_bin(std::ldexp(1.0, -40)), kFirstKlBin);
  for (const double below : {0.0, 1e-300, 9e-13})
    EXPECT_EQ(kl_bin(below), kFirstKlBin - 1) << below;
}

TEST(KlHistogram, TakesAnyNumber) {
  KlHistogram histogram;
  for (const double value :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(), -1.0,
        std::numeric_limits<double>::max(), std::numeric_limits<double>::min()})
    histogram.add(value);
  EXPECT_EQ(histogram.count(), 5);
  EXPECT_EQ(KlHistogram::unpacked(histogram.packed()), histogram);
}

TEST(KlHistogram, HasQuantilesOfTheValuesWithinABin) {
  for (const std::size_t count : {1u, 2u, 7u, 100u, 1000u, 16384u}) {
    std::vector<double> values = some_values(count, 1);
    const KlHistogram histogram = histogram_of(values);
    std::sort(values.begin(), values.end());
    for (const std::size_t per_mille : {1u, 500u, 990u, 999u, 1000u}) {
      const double right = values[(count * per_mille + 999) / 1000 - 1];
      EXPECT_NEAR(histogram.quantile(static_cast<Index>(per_mille)), right, kHalfBin * right)
          << count << ' ' << per_mille;
    }
  }
}

TEST(KlHistogram, HasZeroWhereTheValuesAreBelowTheFirstBin) {
  EXPECT_EQ(histogram_of({0.0, 1e-20, 1.0}).quantile(500), 0.0);
  EXPECT_TRUE(std::isnan(KlHistogram().quantile(500)));
}

TEST(KlHistogram, AddsUpExactlyHoweverItIsCut) {
  const std::vector<double> values = some_values(1000, 2);
  KlHistogram joined;
  for (const auto& [from, to] : {std::pair(600, 1000), std::pair(0, 1), std::pair(1, 600)})
    joined.add(histogram_of({values.begin() + from, values.begin() + to}));
  EXPECT_EQ(joined, histogram_of(values));
  EXPECT_EQ(joined.count(), 1000);
}

TEST(KlHistogram, ReadsBackWhatItPacked) {
  for (const std::size_t count : {0u, 1u, 2u, 63u, 511u, 4096u}) {
    const KlHistogram histogram = histogram_of(some_values(count, 3));
    EXPECT_EQ(KlHistogram::unpacked(histogram.packed()), histogram) << count;
  }
  // A baseline's, to which every token is 0.
  const KlHistogram zeros = histogram_of(std::vector<double>(511, 0.0));
  EXPECT_LE(zeros.packed().size(), 6u);
  EXPECT_EQ(KlHistogram::unpacked(zeros.packed()), zeros);
}

TEST(KlHistogram, TakesAtMostOneAndAHalfLettersAToken) {
  for (const std::size_t count : {31u, 63u, 127u, 511u, 2047u})
    EXPECT_LE(static_cast<double>(histogram_of(some_values(count, 4)).packed().size()),
              1.5 * static_cast<double>(count))
        << count;
  // Far below that where windows are as long as they mostly are.
  EXPECT_LE(histogram_of(some_values(511, 5)).packed().size(), 260u);
}

TEST(KlHistogram, RefusesWhatIsNoHistogram) {
  for (const char* text :
       {"", "A*", "\xff", "AAAAAAAAAAAAAAAA", "AB", "A_AAAAAAAAAAAAB", "PPPPPPPP"})
    EXPECT_FALSE(KlHistogram::unpacked(text)) << text;
  std::string longer = histogram_of({0.5, 0.25}).packed() + "A";
  EXPECT_FALSE(KlHistogram::unpacked(longer));
}

/// What stands before the fault is a histogram.
TEST(KlHistogram, AddsNothingOfATextThatIsDamaged) {
  KlHistogram some, more;
  for (const double kl : {0.1, 0.1, 0.4}) some.add(kl);
  for (const double kl : {1e-9, 0.1, 0.3, 2.0, 50.0}) more.add(kl);
  const KlHistogram before = some;
  const std::string text = more.packed();
  EXPECT_FALSE(some.add_packed(text + '!'));
  EXPECT_FALSE(some.add_packed(text.substr(0, text.size() - 1) + '*'));
  EXPECT_EQ(some, before);
  EXPECT_TRUE(some.add_packed(text));
  EXPECT_EQ(some.count(), 8);
}

}  // namespace
}  // namespace nf
