#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "tests/reference/noise_reference.h"
#include "tests/support/noise_support.h"

namespace nf {
namespace {

constexpr SiteTensor kWeight = SiteTensor::weight;
constexpr SiteTensor kInput = SiteTensor::input;

TEST(Clip, MovesWhatIsBeyondTheQuantileToIt) {
  const Matrix x = normal_matrix(11, 23, 3);
  for (const auto& [yaml, unit, tensor] : {std::tuple{"tensor", Unit::tensor(), kWeight},
                                           {"channel", Unit::channel(), kWeight},
                                           {"{group: 6}", Unit::groups(6), kInput},
                                           {"token", Unit::token(), kInput},
                                           {"channel", Unit::channel(), kInput},
                                           {"{group: 4, axis: in}", Unit::groups_in(4), kWeight}})
    for (const double q : {0.0, 0.5, 0.9, 0.999}) {
      const DistortionPtr clip =
          make_noise(fmt::format("{{noise: clip, quantile: {}, scope: {}}}", q, yaml), tensor);
      Matrix distorted(11, 23);
      const DistortionReport report = clip->apply(x, context_of(tensor), distorted);
      Index beyond = 0;
      for (const auto& places : reference_units(unit, tensor, 11, 23)) {
        std::vector<float> sizes;
        for (const auto& [r, c] : places) sizes.push_back(std::abs(x(r, c)));
        std::sort(sizes.begin(), sizes.end());
        const double k = std::max(1.0, std::floor(q * static_cast<double>(sizes.size())));
        const float limit = sizes[static_cast<std::size_t>(k) - 1];
        for (const auto& [r, c] : places) {
          ASSERT_EQ(distorted(r, c), std::clamp(x(r, c), -limit, limit)) << yaml << " " << q;
          beyond += std::abs(x(r, c)) > limit;
        }
      }
      EXPECT_EQ(report.clipped, beyond) << yaml << " " << q;
    }
}

TEST(Clip, MovesWhatIsBeyondAShareOfTheMaximumToIt) {
  Matrix x(2, 3);
  const float values[] = {1.0f, -4.0f, 2.0f, -0.5f, 0.0f, 1.0f};
  std::copy_n(values, 6, x.data());
  Matrix distorted(2, 3);
  EXPECT_EQ(make_noise("{noise: clip, fraction_of_max: 0.5}")
                ->apply(x, context_of(kWeight), distorted)
                .clipped,
            1);
  const float by_tensor[] = {1.0f, -2.0f, 2.0f, -0.5f, 0.0f, 1.0f};
  EXPECT_TRUE(std::equal(by_tensor, by_tensor + 6, distorted.data()));
  EXPECT_EQ(make_noise("{noise: clip, fraction_of_max: 0.5, scope: channel}")
                ->apply(x, context_of(kWeight), distorted)
                .clipped,
            2);
  const float by_row[] = {1.0f, -2.0f, 2.0f, -0.5f, 0.0f, 0.5f};
  EXPECT_TRUE(std::equal(by_row, by_row + 6, distorted.data()));
}

TEST(Clip, DrawsNothingAndDefaultsToTheTensor) {
  const DistortionPtr clip = make_noise("{noise: clip, quantile: 0.9}", kInput);
  EXPECT_FALSE(clip->draws());
  EXPECT_EQ(clip->config().dump(), R"({"noise":"clip","quantile":0.9,"scope":"tensor"})");
}

TEST(Clip, AtTheMaximumIsTheIdentity) {
  const Matrix x = normal_matrix(3, 7);
  for (const char* yaml : {"{noise: clip, quantile: 1}", "{noise: clip, fraction_of_max: 1}"}) {
    const DistortionPtr clip = make_noise(yaml);
    EXPECT_TRUE(clip->is_identity());
    EXPECT_TRUE(same_bits(distort(*clip, x, context_of(kWeight)), x));
  }
  EXPECT_FALSE(make_noise("{noise: clip, quantile: 0.99}")->is_identity());
}

TEST(Clip, SaysWhatIsWrong) {
  const std::string one = "f.yaml:1:1: needs exactly one of: quantile, fraction_of_max";
  EXPECT_EQ(noise_error("{noise: clip}"), one);
  EXPECT_EQ(noise_error("{noise: clip, quantile: 0.9, fraction_of_max: 0.9}"), one);
  EXPECT_EQ(noise_error("{noise: clip, quantile: 99}"),
            "f.yaml:1:25: quantile: must be between 0 and 1, is 99");
  EXPECT_EQ(noise_error("{noise: clip, quantile: 0.9, strength: {relative_l2: 1}}"),
            "f.yaml:1:30: unknown key 'strength'; known: noise, quantile, fraction_of_max, scope");
}

}  // namespace
}  // namespace nf
