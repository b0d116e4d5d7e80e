#include "perturb/referred_choices.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/random/draw_key.h"
#include "perturb/surrogate.h"
#include "tests/support/noise_support.h"

namespace nf {
namespace {

constexpr SiteTensor kWeight = SiteTensor::weight;

/// A noise whose reference or match is Gaussian noise.
DistortionPtr of_gaussian(const std::string& yaml) {
  ConfigErrors errors;
  const DistortionPtr gaussian = make_noise("{noise: gaussian, strength: {relative_l2: 0.1}}");
  DistortionPtr noise = builtin_noises().create(
      parse_good(yaml), kWeight,
      [&](const ConfigNode&, SiteTensor, ConfigErrors&) { return gaussian; }, errors);
  errors.throw_if_any();
  return noise;
}

/// The context that the noise has as entry 0 of a site.
DistortionContext context_at_site(const Distortion& noise) {
  DistortionContext context = context_of(kWeight);
  context.key = draw_key("layers.0.q_proj.weight", noise.first_ordinal());
  context.reference_key = draw_key("layers.0.q_proj.weight", 0);
  return context;
}

std::vector<double> delta_of(const Distortion& noise, const Matrix& x) {
  const Matrix distorted = distort(noise, x, context_at_site(noise));
  std::vector<double> delta;
  for (Index i = 0; i < x.size(); ++i)
    delta.push_back(static_cast<double>(distorted.data()[i]) - static_cast<double>(x.data()[i]));
  return delta;
}

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  double ab = 0.0, aa = 0.0, bb = 0.0, mean_a = 0.0, mean_b = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    mean_a += a[i] / static_cast<double>(a.size());
    mean_b += b[i] / static_cast<double>(b.size());
  }
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - mean_a) * (b[i] - mean_b);
    aa += (a[i] - mean_a) * (a[i] - mean_a);
    bb += (b[i] - mean_b) * (b[i] - mean_b);
  }
  return ab / std::sqrt(aa * bb);
}

/// With shared draws the signs of `resigned` would be those of the noise, and `permuted` sort it.
TEST(ReferredChoices, OfADrawnReferenceHaveOtherDrawsThanTheNoise) {
  const Matrix x = normal_matrix(80, 100, 5);
  const std::vector<double> reference =
      delta_of(*make_noise("{noise: gaussian, strength: {relative_l2: 0.1}}"), x);
  std::vector<double> sizes, places;
  for (std::size_t i = 0; i < reference.size(); ++i) {
    sizes.push_back(std::abs(reference[i]));
    places.push_back(static_cast<double>(i));
  }
  const double bound = 4.0 / std::sqrt(static_cast<double>(x.size()));
  for (const char* yaml :
       {"{noise: resigned, reference: {any: 1}}", "{noise: permuted, reference: {any: 1}}",
        "{noise: gaussian, strength: {match: {any: 1}}}"}) {
    const std::vector<double> delta = delta_of(*of_gaussian(yaml), x);
    EXPECT_NEAR(correlation(delta, reference), 0.0, bound) << yaml;
    EXPECT_NEAR(correlation(delta, sizes), 0.0, bound) << yaml;
    EXPECT_NEAR(correlation(delta, places), 0.0, bound) << yaml;
  }
}

TEST(ReferredChoices, LetAReferenceDrawAsAnEntryInItsPlaceWould) {
  const Matrix x = normal_matrix(10, 20, 5);
  const std::vector<double> reference =
      delta_of(*make_noise("{noise: gaussian, strength: {relative_l2: 0.1}}"), x);
  const std::vector<double> resigned =
      delta_of(*of_gaussian("{noise: resigned, reference: {any: 1}}"), x);
  for (std::size_t i = 0; i < resigned.size(); ++i)
    EXPECT_NEAR(std::abs(resigned[i]), std::abs(reference[i]), 1e-6);
}

TEST(ReferredChoices, ChangeNoKeyWhereNothingIsDrawnTwice) {
  EXPECT_EQ(make_noise("{noise: permuted, reference: {step: 0.25}}")->first_ordinal(), 0u);
  EXPECT_EQ(make_noise("{noise: gaussian, strength: {match: {step: 0.25}}}")->first_ordinal(), 0u);
  const auto ordinal = [](const std::string& name) {
    for (const TwinKind& kind : twin_kinds())
      if (kind.name == name) return twin_ordinal(kind);
    return std::uint64_t{0};
  };
  EXPECT_EQ(of_gaussian("{noise: permuted, reference: {any: 1}}")->first_ordinal(),
            ordinal("permuted"));
  EXPECT_EQ(of_gaussian("{noise: resigned, reference: {any: 1}}")->first_ordinal(),
            ordinal("resigned"));
  EXPECT_EQ(of_gaussian("{noise: uniform, strength: {match: {any: 1}}}")->first_ordinal(),
            ordinal("gaussian"));
}

}  // namespace
}  // namespace nf
