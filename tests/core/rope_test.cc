#include "core/model/rope.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "core/base/error.h"

namespace nf {
namespace {

/// The power and its quotient are rounded to f32, 2^-24 each, and so is the result; the mixed band
/// of llama3 takes the error twice, as its weights come from the frequency as well.
constexpr double kFrequencyTolerance = 4e-7;  // relative

RopeSpec spec_of(const Json& config, Index head_dim = 16) {
  return rope_spec(HfConfig(config, "config.json"), head_dim);
}

std::string error_of(const Json& config) {
  try {
    spec_of(config);
  } catch (const DataError& error) {
    return error.what();
  }
  return "no error";
}

void expect_frequencies(const RopeSpec& spec, const std::vector<double>& expected) {
  ASSERT_EQ(spec.inverse_frequencies.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(static_cast<double>(spec.inverse_frequencies[i]), expected[i],
                expected[i] * kFrequencyTolerance)
        << i;
}

std::vector<double> default_frequencies(double theta, Index head_dim) {
  std::vector<double> out;
  for (Index i = 0; i < head_dim / 2; ++i)
    out.push_back(
        std::exp(-std::log(theta) * 2.0 * static_cast<double>(i) / static_cast<double>(head_dim)));
  return out;
}

TEST(RopeSpec, FrequenciesFallGeometrically) {
  expect_frequencies(spec_of({{"rope_theta", 10000.0}}), default_frequencies(10000.0, 16));
  expect_frequencies(spec_of({{"rope_theta", 500000}}, 64), default_frequencies(500000.0, 64));
}

TEST(RopeSpec, ThetaIs10000WhereConfigIsSilent) {
  expect_frequencies(spec_of(Json::object()), default_frequencies(10000.0, 16));
  expect_frequencies(spec_of({{"rope_scaling", nullptr}}), default_frequencies(10000.0, 16));
}

TEST(RopeSpec, LinearDividesPositions) {
  std::vector<double> expected = default_frequencies(10000.0, 16);
  for (double& f : expected) f /= 4.0;
  expect_frequencies(spec_of({{"rope_scaling", {{"type", "linear"}, {"factor", 4.0}}}}), expected);
}

/// The rule in wavelengths λ = 2π/f, as Meta's code has it, with each band worked out by itself.
TEST(RopeSpec, Llama3SlowsLowFrequenciesDown) {
  const double theta = 500000.0, factor = 8.0, low = 1.0, high = 4.0, context = 8192.0;
  const Json config = {{"rope_theta", theta},
                       {"rope_scaling",
                        {{"rope_type", "llama3"},
                         {"factor", factor},
                         {"low_freq_factor", low},
                         {"high_freq_factor", high},
                         {"original_max_position_embeddings", 8192}}}};
  std::vector<double> expected = default_frequencies(theta, 128);
  int kept = 0, mixed = 0, slowed = 0;
  for (double& f : expected) {
    const double wavelength = 2.0 * std::numbers::pi / f;
    if (wavelength < context / high) {
      ++kept;
    } else if (wavelength > context / low) {
      f /= factor;
      ++slowed;
    } else {
      const double smooth = (context / wavelength - low) / (high - low);
      f = (1.0 - smooth) * f / factor + smooth * f;
      ++mixed;
    }
  }
  // Llama 3's own numbers reach all three bands: 2π·θ^(i/64) passes 2048 at i = 28.2, 8192 at 35.
  EXPECT_EQ(kept, 29);
  EXPECT_EQ(mixed, 6);
  EXPECT_EQ(slowed, 29);
  expect_frequencies(spec_of(config, 128), expected);
}

TEST(RopeSpec, NewerSpellingMeansTheSame) {
  const Json scaling = {{"rope_type", "llama3"},
                        {"factor", 8.0},
                        {"low_freq_factor", 1.0},
                        {"high_freq_factor", 4.0},
                        {"original_max_position_embeddings", 32}};
  Json newer = scaling;
  newer["rope_theta"] = 500000.0;
  EXPECT_EQ(spec_of({{"rope_theta", 500000.0}, {"rope_scaling", scaling}}).inverse_frequencies,
            spec_of({{"rope_parameters", newer}}).inverse_frequencies);
  EXPECT_EQ(spec_of({{"rope_parameters", {{"rope_type", "default"}, {"rope_theta", 7.0}}}})
                .inverse_frequencies,
            spec_of({{"rope_theta", 7.0}}).inverse_frequencies);
}

TEST(RopeSpec, RefusesWhatWouldGiveOtherNumbers) {
  const auto message = [](const std::string& field, const std::string& type) {
    return "config.json: " + field + ": rope_type: '" + type +
           "' is not implemented; known: default, linear, llama3 (is \"" + type + "\")";
  };
  for (const std::string type : {"yarn", "dynamic", "longrope"}) {
    EXPECT_EQ(error_of({{"rope_scaling", {{"rope_type", type}, {"factor", 2.0}}}}),
              message("rope_scaling", type));
    EXPECT_EQ(error_of({{"rope_parameters", {{"rope_type", type}, {"factor", 2.0}}}}),
              message("rope_parameters", type));
  }
  EXPECT_EQ(error_of({{"rope_scaling", "linear"}}),
            "config.json: rope_scaling: must be an object, is \"linear\"");
  EXPECT_EQ(error_of({{"rope_theta", "big"}}),
            "config.json: rope_theta: must be a number, is \"big\"");
}

/// The older spelling of the type is refused as well, under its own name.
TEST(RopeSpec, RefusesUnknownTypesInTheOlderSpelling) {
  EXPECT_EQ(
      error_of({{"rope_scaling", {{"type", "dynamic"}, {"factor", 2.0}}}}),
      "config.json: rope_scaling: type: 'dynamic' is not implemented; known: default, linear, "
      "llama3 (is \"dynamic\")");
}

TEST(RopeTable, HoldsCosinesAndSinesOfTheF32Angles) {
  const RopeSpec spec = spec_of({{"rope_theta", 10000.0}});
  const RopeTable table(spec, 300);
  ASSERT_EQ(table.cos.rows(), 300);
  ASSERT_EQ(table.cos.cols(), 8);
  for (Index t = 0; t < 300; ++t)
    for (Index i = 0; i < 8; ++i) {
      const double angle = static_cast<double>(
          static_cast<float>(t) * spec.inverse_frequencies[static_cast<std::size_t>(i)]);
      // Half a unit in the last place of 1, and as much for another libm.
      EXPECT_NEAR(static_cast<double>(table.cos(t, i)), std::cos(angle), 1.2e-7);
      EXPECT_NEAR(static_cast<double>(table.sin(t, i)), std::sin(angle), 1.2e-7);
    }
  for (Index i = 0; i < 8; ++i) {
    EXPECT_EQ(table.cos(0, i), 1.0f);
    EXPECT_EQ(table.sin(0, i), 0.0f);
  }
}

}  // namespace
}  // namespace nf
