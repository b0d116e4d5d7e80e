#include "quant/kmeans_levels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "core/base/error.h"
#include "tests/quant/quantizer_test_data.h"
#include "tests/reference/kmeans_reference.h"

namespace nf {
namespace {

std::vector<float> bell(Index n, unsigned seed) {
  const Matrix x = bell_matrix(1, n, seed);
  return {x.data(), x.data() + n};
}

std::vector<double> some_weights(Index n, unsigned seed, bool with_zeros = false) {
  std::mt19937 engine(seed);
  std::vector<double> weights;
  for (Index i = 0; i < n; ++i)
    weights.push_back(
        with_zeros && engine() % 3 == 0 ? 0.0 : static_cast<double>(engine() % 1000) / 37.0);
  return weights;
}

TEST(KMeansLevels, ErrNoMoreThanAnyDivisionIntoRuns) {
  // Sums of differences against sums of squares: a few roundings.
  constexpr double kRounding = 1e-9;
  for (const Index n : {1, 2, 3, 7, 12, 40}) {
    for (const Index count : {1, 2, 3, 4, 8}) {
      for (const unsigned seed : {1u, 2u, 3u}) {
        const std::vector<float> x = bell(n, seed);
        for (const bool weighted : {false, true}) {
          const std::vector<double> w =
              weighted ? some_weights(n, seed, n > 3) : std::vector<double>();
          const std::vector<float> levels = kmeans_levels(x, w, count);
          EXPECT_LE(levels.size(), static_cast<std::size_t>(count));
          EXPECT_TRUE(std::is_sorted(levels.begin(), levels.end()));
          const double least = reference::least_kmeans_error(x, w, count);
          EXPECT_LE(reference::error_of_levels(x, w, levels), least * (1.0 + kRounding) + 1e-13)
              << n << " values, " << count << " levels";
        }
      }
    }
  }
}

TEST(KMeansLevels, AreTheSameWhereBeginningsAreFoundTwice) {
  const std::vector<float> x = bell(300, 8);
  const std::vector<double> w = some_weights(300, 8, true);
  for (const Index count : {1, 2, 3, 4, 5, 8, 15, 16, 17, 64})
    EXPECT_EQ(kmeans_levels(x, w, count, 0.0), kmeans_levels(x, w, count, 1e9)) << count;
}

TEST(KMeansLevels, HoldLessThanABeginningForEachRunOfManyValues) {
  const double n = 11008.0 * 4096.0;
  EXPECT_LT(kmeans_bytes(n, 256), 300.0 * n);
  EXPECT_GE(kmeans_bytes(1e5, 256), 4.0 * 256 * 1e5);
  for (const Index count : {4, 16, 256})
    EXPECT_GE(kmeans_bytes(2.0 * n, count), 2.0 * kmeans_bytes(n, count));
}

TEST(KMeansLevels, FewValuesAreTheirOwnLevels) {
  EXPECT_EQ(kmeans_levels(std::vector<float>{3, 1, 3, 2, 1}, {}, 4), (std::vector<float>{1, 2, 3}));
  EXPECT_EQ(kmeans_levels(std::vector<float>{0.5f}, {}, 4), std::vector<float>{0.5f});
  EXPECT_EQ(kmeans_levels(std::vector<float>(9, 0.0f), {}, 2), std::vector<float>{0.0f});
}

TEST(KMeansLevels, TheOrderOfValuesDoesNotMatter) {
  std::vector<float> x = bell(300, 4);
  x.insert(x.end(), x.begin(), x.begin() + 50);  // equal values of different weight
  std::vector<double> w = some_weights(350, 5);
  const std::vector<float> levels = kmeans_levels(x, w, 16);
  std::reverse(x.begin(), x.end());
  std::reverse(w.begin(), w.end());
  EXPECT_EQ(kmeans_levels(x, w, 16), levels);
}

TEST(KMeansLevels, WeightsDrawALevelNear) {
  const std::vector<float> x = {0.0f, 1.0f, 10.0f, 11.0f};
  EXPECT_EQ(kmeans_levels(x, {}, 2), (std::vector<float>{0.5f, 10.5f}));
  EXPECT_EQ(kmeans_levels(x, {3, 1, 1, 1}, 2), (std::vector<float>{0.25f, 10.5f}));
  EXPECT_EQ(kmeans_levels(x, {0, 1, 1, 0}, 2), (std::vector<float>{1.0f, 10.0f}));
  EXPECT_EQ(kmeans_levels(x, {0, 0, 0, 0}, 2), (std::vector<float>{0.5f, 10.5f}));
}

TEST(KMeansLevels, CloseValuesFarFromZeroAreToldApart) {
  std::vector<float> x;
  for (const float base : {1000.0f, 1000.5f, 1001.0f, 1002.0f})
    for (int i = 0; i < 20; ++i) x.push_back(base + static_cast<float>(i % 2) * 0.001f);
  const std::vector<float> levels = kmeans_levels(x, {}, 4);
  ASSERT_EQ(levels.size(), 4u);
  EXPECT_NEAR(levels[0], 1000.0005f, 1e-4f);
  EXPECT_NEAR(levels[3], 1002.0005f, 1e-4f);
}

TEST(KMeansLevels, WithoutValuesIsOurBug) {
  EXPECT_THROW(kmeans_levels({}, {}, 4), InternalError);
  EXPECT_THROW(kmeans_levels(std::vector<float>{1.0f}, {1.0, 2.0}, 4), InternalError);
}

}  // namespace
}  // namespace nf
