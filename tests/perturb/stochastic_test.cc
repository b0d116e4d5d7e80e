#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/needy_distortion.h"
#include "tests/support/noise_support.h"

namespace nf {
namespace {

constexpr SiteTensor kWeight = SiteTensor::weight;

TEST(Stochastic, IsUnbiasedBetweenTheTwoLevelsAround) {
  constexpr double kStep = 0.25;
  constexpr int kSeeds = 4000;
  Matrix x(1, 4);
  const float values[] = {0.1f, -0.2f, 0.25f, -0.24f};
  std::copy_n(values, 4, x.data());
  const DistortionPtr noise = make_noise("{noise: stochastic, reference: {step: 0.25}}");
  double sum[4] = {}, squares[4] = {};
  for (int seed = 0; seed < kSeeds; ++seed) {
    const Matrix distorted =
        distort(*noise, x, context_of(kWeight, static_cast<std::uint64_t>(seed)));
    for (int i = 0; i < 4; ++i) {
      const double level = static_cast<double>(distorted.data()[i]) / kStep;
      ASSERT_EQ(level, std::nearbyint(level));
      const double delta =
          static_cast<double>(distorted.data()[i]) - static_cast<double>(values[i]);
      ASSERT_LT(std::abs(delta), kStep);
      sum[i] += delta;
      squares[i] += delta * delta;
    }
  }
  for (int i = 0; i < 4; ++i) {
    const double place = static_cast<double>(values[i]) / kStep, u = place - std::floor(place);
    const double variance = kStep * kStep * u * (1.0 - u);
    EXPECT_NEAR(sum[i] / kSeeds, 0.0, 4.0 * std::sqrt(variance / kSeeds)) << values[i];
    EXPECT_NEAR(squares[i] / kSeeds, variance, 0.1 * variance) << values[i];
  }
}

TEST(Stochastic, LeavesWhatIsALevel) {
  Matrix x(2, 3);
  for (Index i = 0; i < 6; ++i) x.data()[i] = static_cast<float>(i) * 0.25f - 0.5f;
  const DistortionPtr noise = make_noise("{noise: stochastic, reference: {step: 0.25}}");
  EXPECT_TRUE(same_bits(distort(*noise, x, context_of(kWeight)), x));
}

TEST(Stochastic, NeedsAQuantizerThatRoundsEachValueByItself) {
  EXPECT_EQ(noise_error("{noise: stochastic}"), "f.yaml:1:1: required key 'reference' is missing");
  EXPECT_EQ(noise_error("{noise: stochastic, reference: {step: 1}, scope: channel}"),
            "f.yaml:1:43: unknown key 'scope'; write reference: {grid: ..., granularity: ...}: "
            "units are the quantizer's");
  ConfigErrors errors;
  EXPECT_EQ(builtin_noises().create(
                parse_good("{noise: stochastic, reference: {noise: needy, factor: 0.5}}"), kWeight,
                NeedyDistortion::build, errors),
            nullptr);
  EXPECT_EQ(errors.message(),
            "f.yaml:1:32: reference: has no levels that each value is rounded to by itself; write "
            "a quantizer with method: rtn");
}

/// Levels 0 and 1; what is farther from them than half their distance is clipped.
class TwoLevels final : public Distortion {
 public:
  DistortionReport apply(ConstMatrixView x, const DistortionContext& context,
                         MatrixView distorted) const override {
    DistortionReport report;
    for (Index r = 0; r < x.rows(); ++r)
      for (Index c = 0; c < x.cols(); ++c) {
        distorted(r, c) = x(r, c) < 0.5f ? 0.0f : 1.0f;
        if (std::abs(x(r, c) - 0.5f) <= 1.0f) continue;
        ++report.clipped;
        if (context.clipped != nullptr) context.clipped[r * x.cols() + c] = 1;
      }
    return report;
  }
  bool tells_clipped() const override { return true; }
  bool has_levels() const override { return true; }
  void levels_around(ConstMatrixView x, const DistortionContext&, MatrixView lower,
                     MatrixView upper) const override {
    for (Index r = 0; r < x.rows(); ++r)
      for (Index c = 0; c < x.cols(); ++c) {
        lower(r, c) = x(r, c) < 1.0f ? 0.0f : 1.0f;
        upper(r, c) = x(r, c) <= 0.0f ? 0.0f : 1.0f;
      }
  }
  Json config() const override { return "two levels"; }
};

TEST(Stochastic, CountsAndMarksWhatTheReferenceClips) {
  ConfigErrors errors;
  const DistortionPtr noise = builtin_noises().create(
      parse_good("{noise: stochastic, reference: {any: 1}}"), kWeight,
      [](const ConfigNode&, SiteTensor, ConfigErrors&) { return std::make_shared<TwoLevels>(); },
      errors);
  errors.throw_if_any();
  Matrix x(1, 5), out(1, 5);
  const float values[] = {-3.0f, -0.25f, 0.5f, 1.25f, 7.0f};
  std::copy_n(values, 5, x.data());
  std::vector<std::uint8_t> marks(5, 0);
  DistortionContext context = context_of(kWeight, 1);
  context.clipped = marks.data();
  EXPECT_TRUE(noise->tells_clipped());
  EXPECT_EQ(noise->apply(x, context, out).clipped, 2);
  EXPECT_EQ(marks, (std::vector<std::uint8_t>{1, 0, 0, 0, 1}));
  EXPECT_EQ(out(0, 0), 0.0f);
  EXPECT_EQ(out(0, 4), 1.0f);
}

}  // namespace
}  // namespace nf
