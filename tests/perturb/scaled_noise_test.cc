#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/noise_support.h"
#include "tests/support/tensor_near.h"

namespace nf {
namespace {

constexpr SiteTensor kWeight = SiteTensor::weight;
constexpr SiteTensor kInput = SiteTensor::input;
// Contracts promise this of ‖δ‖ before the addition; after it, roundings of x̃ add less than as
// much again.
constexpr double kNormError = 1e-6;
// x̃ is rounded once, δ once, the weights of a relation at most twice.
constexpr double kRoundings = 3.0e-7;

double l2(ConstMatrixView x) {
  double squares = 0.0;
  for (Index r = 0; r < x.rows(); ++r)
    for (Index c = 0; c < x.cols(); ++c) squares += std::pow(static_cast<double>(x(r, c)), 2);
  return std::sqrt(squares);
}

double l2_of_difference(ConstMatrixView a, ConstMatrixView b) {
  double squares = 0.0;
  for (Index r = 0; r < a.rows(); ++r)
    for (Index c = 0; c < a.cols(); ++c)
      squares += std::pow(static_cast<double>(a(r, c)) - static_cast<double>(b(r, c)), 2);
  return std::sqrt(squares);
}

TEST(ScaledNoise, MeetsItsStrengthInEveryUnit) {
  const Matrix x = normal_matrix(12, 64, 2);
  const auto ratio = [&](const std::string& strength, Index row) {
    const Matrix distorted = distort(
        *make_noise(fmt::format("{{noise: gaussian, strength: {}, scope: channel}}", strength)), x,
        context_of(kWeight));
    const auto x_row = x.view().middle_rows(row, 1);
    return l2_of_difference(distorted.view().middle_rows(row, 1), x_row) / l2(x_row);
  };
  for (const Index row : {0, 5, 11}) {
    EXPECT_NEAR(ratio("{relative_l2: 0.1}", row), 0.1, 0.1 * kNormError);
    EXPECT_NEAR(ratio("{relative_l2: 1000}", row), 1000.0, 1000.0 * kNormError);
    EXPECT_NEAR(ratio("{snr_db: 20}", row), 0.1, 0.1 * kNormError);
    const double rms = l2(x.view().middle_rows(row, 1)) / 8.0;
    EXPECT_NEAR(ratio("{sigma_abs: 0.5}", row) * rms, 0.5, 0.5 * kNormError);
  }
}

TEST(ScaledNoise, MatchesTheErrorOfAQuantizerInEveryUnit) {
  const Matrix x = normal_matrix(6, 50, 4);
  const Matrix rounded = distort(RoundingDistortion(0.25), x, context_of(kInput));
  for (const char* noise : {"noise: uniform", "noise: gaussian, relation: step",
                            "noise: uniform, relation: reflected"}) {
    const Matrix distorted = distort(
        *make_noise(fmt::format("{{{}, strength: {{match: {{step: 0.25}}}}}}", noise), kInput), x,
        context_of(kInput));
    for (Index r = 0; r < x.rows(); ++r) {
      const double target =
          l2_of_difference(rounded.view().middle_rows(r, 1), x.view().middle_rows(r, 1));
      EXPECT_NEAR(l2_of_difference(distorted.view().middle_rows(r, 1), x.view().middle_rows(r, 1)),
                  target, target * kNormError)
          << noise;
    }
  }
}

TEST(ScaledNoise, WithNothingToScaleLeavesTheUnitAlone) {
  Matrix x(3, 4);
  x.fill(0.0f);
  for (Index c = 0; c < 4; ++c) x(1, c) = -2.0f;  // a constant row
  x(2, 1) = 3.0f;
  const auto rows_changed = [&](const std::string& relation, const std::string& strength) {
    const Matrix distorted = distort(
        *make_noise(
            fmt::format("{{noise: gaussian, relation: {}, strength: {}}}", relation, strength),
            kInput),
        x, context_of(kInput));
    std::string changed;
    for (Index r = 0; r < 3; ++r)
      changed +=
          equal_bits(distorted.view().middle_rows(r, 1), x.view().middle_rows(r, 1)) ? '-' : 'x';
    return changed;
  };
  for (const char* strength : {"{relative_l2: 0.5}", "{sigma_abs: 0.5}"}) {
    EXPECT_EQ(rows_changed("independent", strength), "-xx");
    EXPECT_EQ(rows_changed("proportional", strength), "-xx");
    EXPECT_EQ(rows_changed("reflected", strength), "--x");  // no value differs from the largest
    EXPECT_EQ(rows_changed("{power: -1}", strength), "-xx");
  }
}

TEST(ScaledNoise, OfSignsWithProportionalRelationScalesEveryValueByTheSameFactor) {
  const Matrix x = normal_matrix(1, 100);
  const Matrix distorted = distort(
      *make_noise("{noise: rademacher, relation: proportional, strength: {relative_l2: 0.5}}"), x,
      context_of(kWeight));
  for (Index i = 0; i < x.size(); ++i) {
    const double factor = static_cast<double>(distorted(0, i)) / static_cast<double>(x(0, i));
    EXPECT_NEAR(std::abs(factor - 1.0), 0.5, kRoundings);
  }
}

TEST(ScaledNoise, SharesDrawsAmongStrengths) {
  const Matrix x = normal_matrix(1, 64);
  const Matrix weak = distort(*make_noise("{noise: gaussian, strength: {relative_l2: 10}}"), x,
                              context_of(kWeight));
  const Matrix strong = distort(*make_noise("{noise: gaussian, strength: {relative_l2: 20}}"), x,
                                context_of(kWeight));
  for (Index i = 0; i < x.size(); ++i) {
    const double value = static_cast<double>(x(0, i));
    const double d = static_cast<double>(weak(0, i)) - value;
    EXPECT_NEAR(static_cast<double>(strong(0, i)) - value, 2.0 * d,
                1e-5 * (std::abs(d) + std::abs(value)));
  }
}

TEST(ScaledNoise, WritesItsResolvedEntry) {
  EXPECT_EQ(
      make_noise("{noise: gaussian, strength: {relative_l2: 0.1}}", kInput)->config().dump(),
      R"({"noise":"gaussian","relation":"independent","strength":{"relative_l2":0.1},"scope":"token"})");
  EXPECT_EQ(
      make_noise(
          "{noise: laplace, relation: {power: -1}, strength: {snr_db: 20}, scope: {group: 8}}")
          ->config()
          .dump(),
      R"({"noise":"laplace","relation":{"power":-1.0},"floor":0.001,"strength":{"snr_db":20.0},"scope":{"group":8}})");
  EXPECT_EQ(
      make_noise("{noise: uniform, relation: step, strength: {match: {step: 0.25}}}")
          ->config()
          .dump(),
      R"({"noise":"uniform","relation":"step","strength":{"match":{"step":0.25}},"scope":"tensor","reference":{"step":0.25}})");
}

TEST(ScaledNoise, ItsResolvedEntryIsAnEntryThatSaysTheSame) {
  const Matrix x = normal_matrix(4, 30);
  for (const char* yaml :
       {"{noise: gaussian, relation: {power: -1}, strength: {snr_db: 10}}",
        "{noise: uniform, relation: step, strength: {match: {step: 0.25}}, scope: channel}"}) {
    const DistortionPtr noise = make_noise(yaml);
    const DistortionPtr again = make_noise(noise->config().dump());
    EXPECT_EQ(again->config(), noise->config());
    EXPECT_TRUE(same_bits(distort(*again, x, context_of(kWeight)),
                          distort(*noise, x, context_of(kWeight))));
  }
}

TEST(ScaledNoise, SaysWhatIsWrong) {
  const std::string start = "f.yaml:1:1: ";
  EXPECT_EQ(noise_error("{noise: gaussian}"), start + "required key 'strength' is missing");
  EXPECT_EQ(noise_error("{noise: gaussian, strength: {relative_l2: 0.1}, scope: token}"),
            "f.yaml:1:56: scope: a weight has no tokens; take channel (a unit for each "
            "output row), tensor, {group: g} or {group: g, axis: in}");
  EXPECT_EQ(
      noise_error("{noise: gaussian, strength: {relative_l2: 0.1}, scope: {group: 4, axis: in}}",
                  kInput),
      "f.yaml:1:56: scope: {group: g, axis: in} is for weights; on activations take token (a unit "
      "for each position), {group: g} or tensor");
  EXPECT_EQ(noise_error("{noise: gaussian, strength: {relative_l2: 0.1}, floor: 0.1}"),
            "f.yaml:1:56: floor: is read only by relation: {power: p} with p < 0");
  EXPECT_EQ(noise_error("{noise: gaussian, strength: {relative_l2: 0.1}, reference: {step: 1}}"),
            "f.yaml:1:60: reference: is read only by relation: step");
  EXPECT_EQ(noise_error("{noise: gaussian, relation: step, strength: {relative_l2: 0.1}}"),
            "f.yaml:1:29: relation: step needs a quantizer; add reference: {grid: ..., bits: ..., "
            "granularity: ...}");
  EXPECT_EQ(noise_error("{noise: gaussian, strength: {relative_l2: 0.1}, bits: 4}"),
            "f.yaml:1:49: unknown key 'bits'; write grid: instead of noise: for a quantizer");
  EXPECT_EQ(noise_error("{noise: gaussian, strength: {relative_l2: 0.1}, snr: 4}"),
            "f.yaml:1:49: unknown key 'snr'; write strength: {snr_db: 20}");
  EXPECT_EQ(noise_error("{noise: gaussian, strengh: {relative_l2: 0.1}}"),
            "f.yaml:1:19: unknown key 'strengh'; did you mean 'strength'?");
  EXPECT_EQ(noise_error("{noise: gaussian, strength: {match: {stepp: 1}}}"),
            "f.yaml:1:38: strength.match: unknown key 'stepp'; did you mean 'step'?");
}

}  // namespace
}  // namespace nf
