#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "perturb/relation.h"
#include "tests/reference/noise_reference.h"
#include "tests/support/kind_forms.h"
#include "tests/support/noise_support.h"

namespace nf {

/// The weights of x as one unit, each divided by that of the first value: common factors do not
/// matter.
inline std::vector<double> weights_of(const Json& relation, const std::vector<float>& x,
                                      double floor = 1e-3) {
  const Index n = static_cast<Index>(x.size());
  const UnitValues unit{{x.data(), 1, n}, {}, floor};
  std::vector<float> z(x.size(), 1.0f);
  const Relation of = read_value<Relation>(relation);
  if (of.weights) of.of_unit(unit)(unit, 0, z.data());
  std::vector<double> ratios;
  for (const float v : z) ratios.push_back(static_cast<double>(v) / static_cast<double>(z[0]));
  return ratios;
}

inline void expect_weights(const std::vector<double>& weights,
                           const std::vector<double>& expected) {
  constexpr double kFloatError = 3e-7;  // two roundings to f32
  ASSERT_EQ(weights.size(), expected.size());
  for (std::size_t i = 0; i < weights.size(); ++i)
    EXPECT_NEAR(weights[i], expected[i], kFloatError * std::abs(expected[i])) << i;
}

/// Noise with that relation, for every scope, is what the weights written out in double make of the
/// draws. keys: those of the entry that say the relation, "relation: step, reference: {step:
/// 0.25}".
inline void expect_relation(const std::string& keys, const ReferenceWeight& weight) {
  // x̃ is rounded once, δ once, the weights at most twice.
  constexpr double kRoundings = 3.0e-7;
  struct Scope {
    const char* yaml = "";
    Unit unit;
    SiteTensor tensor = SiteTensor::weight;
  };
  const Scope scopes[] = {{"tensor", Unit::tensor(), SiteTensor::weight},
                          {"channel", Unit::channel(), SiteTensor::weight},
                          {"{group: 8}", Unit::groups(8), SiteTensor::weight},
                          {"{group: 5, axis: in}", Unit::groups_in(5), SiteTensor::weight},
                          {"tensor", Unit::tensor(), SiteTensor::input},
                          {"channel", Unit::channel(), SiteTensor::input},
                          {"token", Unit::token(), SiteTensor::input},
                          {"{group: 7}", Unit::groups(7), SiteTensor::input}};
  const Matrix x = normal_matrix(13, 37, 8);
  Matrix step(13, 37);
  RoundingDistortion(0.25).local_step(x, {}, step);
  for (const Scope& scope : scopes) {
    DistortionContext context = context_of(scope.tensor);
    context.first_element = scope.tensor == SiteTensor::input ? 1000 : 0;
    Matrix z(13, 37);
    draws_of("laplace").fill(z.data(), z.size(), context.first_element, context.key, context.seed);
    const DistortionPtr noise =
        make_noise(fmt::format("{{noise: laplace, {}, strength: {{relative_l2: 0.3}}, scope: {}}}",
                               keys, scope.yaml),
                   scope.tensor);
    const Matrix distorted = distort(*noise, x, context);
    const std::vector<double> delta =
        reference_delta(x, z, step, weight, 0.3, scope.unit, scope.tensor);
    for (Index i = 0; i < x.size(); ++i) {
      const double value = static_cast<double>(x.data()[i]), d = delta[static_cast<std::size_t>(i)];
      ASSERT_NEAR(static_cast<double>(distorted.data()[i]), value + d,
                  kRoundings * (std::abs(value) + std::abs(d)))
          << keys << " " << scope.yaml << " on " << site_tensor_name(scope.tensor) << " at " << i;
    }
  }
}

}  // namespace nf
