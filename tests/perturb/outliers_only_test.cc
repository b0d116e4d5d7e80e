#include <gtest/gtest.h>

#include <cmath>

#include "tests/reference/noise_reference.h"
#include "tests/support/noise_support.h"

namespace nf {
namespace {

constexpr SiteTensor kWeight = SiteTensor::weight;

TEST(OutliersOnly, ChangesWhatAClipWouldAndByExactlyItsStrength) {
  const Matrix x = normal_matrix(16, 40, 3);
  for (const auto& [yaml, unit] : {std::pair{"tensor", Unit::tensor()},
                                   {"channel", Unit::channel()},
                                   {"{group: 8, axis: in}", Unit::groups_in(8)}}) {
    const Matrix distorted = distort(
        *make_noise(fmt::format(
            "{{noise: outliers_only, quantile: 0.8, strength: {{relative_l2: 0.1}}, scope: {}}}",
            yaml)),
        x, context_of(kWeight));
    const Matrix clipped =
        distort(*make_noise(fmt::format("{{noise: clip, quantile: 0.8, scope: {}}}", yaml)), x,
                context_of(kWeight));
    for (const auto& places : reference_units(unit, kWeight, 16, 40)) {
      double delta = 0.0, size = 0.0;
      for (const auto& [r, c] : places) {
        ASSERT_EQ(distorted(r, c) != x(r, c), clipped(r, c) != x(r, c)) << yaml;
        const double d = static_cast<double>(distorted(r, c)) - static_cast<double>(x(r, c));
        delta += d * d;
        size += static_cast<double>(x(r, c)) * static_cast<double>(x(r, c));
      }
      EXPECT_NEAR(std::sqrt(delta / size), 0.1, 1e-6) << yaml;
    }
  }
}

TEST(OutliersOnly, DrawsTheNoiseOfItsPlaces) {
  const Matrix x = normal_matrix(4, 30);
  Matrix z(4, 30);
  const DistortionContext context = context_of(kWeight);
  draws_of("gaussian").fill(z.data(), z.size(), 0, context.key, context.seed);
  const Matrix distorted = distort(
      *make_noise("{noise: outliers_only, fraction_of_max: 0.5, strength: {sigma_abs: 0.1}}"), x,
      context);
  double ratio = 0.0;
  for (Index i = 0; i < x.size(); ++i) {
    const double delta =
        static_cast<double>(distorted.data()[i]) - static_cast<double>(x.data()[i]);
    if (delta == 0.0) continue;
    if (ratio == 0.0) ratio = delta / static_cast<double>(z.data()[i]);
    EXPECT_NEAR(delta / static_cast<double>(z.data()[i]), ratio, 1e-4 * std::abs(ratio));
  }
  EXPECT_GT(ratio, 0.0);
}

TEST(OutliersOnly, MatchesAClipOfTheSamePlaces) {
  const Matrix x = normal_matrix(8, 50);
  const DistortionPtr clip = make_noise("{noise: clip, quantile: 0.9}");
  ConfigErrors errors;
  const DistortionPtr noise = builtin_noises().create(
      parse_good("{noise: outliers_only, quantile: 0.9, strength: {match: {any: 1}}}"), kWeight,
      [&](const ConfigNode&, SiteTensor, ConfigErrors&) { return clip; }, errors);
  errors.throw_if_any();
  const auto norm = [&](const Matrix& distorted) {
    double sum = 0.0;
    for (Index i = 0; i < x.size(); ++i)
      sum +=
          std::pow(static_cast<double>(distorted.data()[i]) - static_cast<double>(x.data()[i]), 2);
    return std::sqrt(sum);
  };
  const DistortionContext context = context_of(kWeight);
  EXPECT_NEAR(norm(distort(*noise, x, context)) / norm(distort(*clip, x, context)), 1.0, 1e-6);
}

TEST(OutliersOnly, WritesItsResolvedEntryAndSaysWhatIsWrong) {
  EXPECT_EQ(
      make_noise("{noise: outliers_only, quantile: 0.9, strength: {snr_db: 20}}")->config().dump(),
      R"({"noise":"outliers_only","quantile":0.9,"strength":{"snr_db":20.0},"scope":"tensor"})");
  EXPECT_EQ(noise_error("{noise: outliers_only, strength: {snr_db: 20}}"),
            "f.yaml:1:1: needs exactly one of: quantile, fraction_of_max");
  EXPECT_EQ(noise_error("{noise: outliers_only, quantile: 0.9}"),
            "f.yaml:1:1: required key 'strength' is missing");
}

}  // namespace
}  // namespace nf
