#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/reference/noise_reference.h"
#include "tests/support/noise_support.h"

namespace nf {
namespace {

constexpr SiteTensor kWeight = SiteTensor::weight;

TEST(ZeroSmall, ZeroesThatShareOfEachUnit) {
  const Matrix x = normal_matrix(11, 24, 3);
  for (const auto& [yaml, unit] : {std::pair{"tensor", Unit::tensor()},
                                   {"channel", Unit::channel()},
                                   {"{group: 4}", Unit::groups(4)},
                                   {"{group: 4, axis: in}", Unit::groups_in(4)}})
    for (const double q : {0.1, 0.5, 0.75, 1.0}) {
      const Matrix distorted = distort(
          *make_noise(fmt::format("{{noise: zero_small, quantile: {}, scope: {}}}", q, yaml)), x,
          context_of(kWeight));
      for (const auto& places : reference_units(unit, kWeight, 11, 24)) {
        std::vector<std::pair<float, std::pair<Index, Index>>> sizes;
        for (const auto& [r, c] : places) sizes.push_back({std::abs(x(r, c)), {r, c}});
        std::sort(sizes.begin(), sizes.end());
        const auto zeros =
            static_cast<std::size_t>(std::floor(q * static_cast<double>(sizes.size())));
        for (std::size_t i = 0; i < sizes.size(); ++i) {
          const auto [r, c] = sizes[i].second;
          ASSERT_EQ(distorted(r, c), i < zeros ? 0.0f : x(r, c)) << yaml << " " << q;
        }
      }
    }
}

TEST(ZeroSmall, ZeroesWhatIsUpToAShareOfTheMaximum) {
  Matrix x(2, 3);
  const float values[] = {1.0f, -4.0f, 2.0f, -0.5f, 0.0f, 1.0f};
  std::copy_n(values, 6, x.data());
  const Matrix by_tensor =
      distort(*make_noise("{noise: zero_small, fraction_of_max: 0.25}"), x, context_of(kWeight));
  const float expected[] = {0.0f, -4.0f, 2.0f, 0.0f, 0.0f, 0.0f};
  EXPECT_TRUE(std::equal(expected, expected + 6, by_tensor.data()));
}

TEST(ZeroSmall, OfNothingIsTheIdentity) {
  for (const char* yaml :
       {"{noise: zero_small, quantile: 0}", "{noise: zero_small, fraction_of_max: 0}"})
    EXPECT_TRUE(make_noise(yaml)->is_identity()) << yaml;
  EXPECT_FALSE(make_noise("{noise: zero_small, quantile: 0.5}")->draws());
}

TEST(ZeroSmall, SaysWhatIsWrong) {
  EXPECT_EQ(noise_error("{noise: zero_small}"),
            "f.yaml:1:1: needs exactly one of: quantile, fraction_of_max");
  EXPECT_EQ(noise_error("{noise: zero_small, quantile: 50}"),
            "f.yaml:1:31: quantile: must be between 0 and 1, is 50");
}

}  // namespace
}  // namespace nf
