#include "core/model/rope.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "core/base/error.h"
#include "tests/support/model_errors.h"

namespace nf {
namespace {

/// Relative to the frequency: exponents are f32 (2^-25 · ln θ), and so are the power and its
/// quotient, 2^-24 each; the mixed band of llama3 takes the error twice, as its weights come from
/// the frequency.
constexpr double kFrequencyTolerance = 1e-6;

RopeSpec spec_of(const Json& config, const RopeOptions& options = {.head_dim = 16}) {
  return rope_spec(HfConfig(config, "config.json"), options);
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
  expect_frequencies(spec_of({{"rope_theta", 500000}}, {.head_dim = 64}),
                     default_frequencies(500000.0, 64));
}

TEST(RopeSpec, ThetaIs10000WhereConfigIsSilent) {
  expect_frequencies(spec_of(Json::object()), default_frequencies(10000.0, 16));
  expect_frequencies(spec_of({{"rope_scaling", nullptr}}), default_frequencies(10000.0, 16));
  expect_frequencies(spec_of(Json::object(), {.head_dim = 16, .theta = 500.0}),
                     default_frequencies(500.0, 16));
}

/// As transformers has it, in f32: 2/6 is no f32 number.
TEST(RopeSpec, ExponentsAreF32) {
  const RopeSpec spec = spec_of({{"rope_theta", 500000.0}}, {.head_dim = 6});
  const double exponent = static_cast<double>(2.0f / 6.0f);
  EXPECT_EQ(spec.inverse_frequencies[1], 1.0f / static_cast<float>(std::pow(500000.0, exponent)));
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
  expect_frequencies(spec_of(config, {.head_dim = 128}), expected);
}

TEST(RopeSpec, Llama3sContextMayStandElsewhere) {
  const Json scaling = {{"rope_type", "llama3"},
                        {"factor", 8.0},
                        {"low_freq_factor", 1.0},
                        {"high_freq_factor", 4.0}};
  Json whole = scaling;
  whole["original_max_position_embeddings"] = 32;
  const std::vector<float> expected = spec_of({{"rope_scaling", whole}}).inverse_frequencies;
  EXPECT_EQ(
      spec_of({{"rope_scaling", scaling}, {"max_position_embeddings", 32}}).inverse_frequencies,
      expected);
  whole["original_max_position_embeddings"] = 999;
  EXPECT_EQ(spec_of({{"rope_scaling", whole}, {"original_max_position_embeddings", 32}})
                .inverse_frequencies,
            expected);
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
  // Where the object is silent the older place still counts.
  EXPECT_EQ(spec_of({{"rope_parameters", {{"rope_type", "default"}}}, {"rope_theta", 7.0}})
                .inverse_frequencies,
            spec_of({{"rope_theta", 7.0}}).inverse_frequencies);
}

/// As the library chooses where a file has both objects.
TEST(RopeSpec, RopeScalingGoesBeforeRopeParameters) {
  const Json linear = {{"type", "linear"}, {"factor", 4.0}};
  const Json plain = {{"rope_type", "default"}, {"rope_theta", 7.0}};
  EXPECT_EQ(spec_of({{"rope_scaling", linear}, {"rope_parameters", plain}}).inverse_frequencies,
            spec_of({{"rope_scaling", linear}}).inverse_frequencies);
  for (const Json& silent : {Json(nullptr), Json::object()})
    EXPECT_EQ(spec_of({{"rope_scaling", silent}, {"rope_parameters", plain}}).inverse_frequencies,
              spec_of({{"rope_theta", 7.0}}).inverse_frequencies);
}

TEST(RopeSpec, RopeTypeGoesBeforeType) {
  const Json both = {{"rope_type", "default"}, {"type", "linear"}, {"factor", 4.0}};
  EXPECT_EQ(spec_of({{"rope_scaling", both}}).inverse_frequencies,
            spec_of(Json::object()).inverse_frequencies);
}

TEST(RopeSpec, PartOfAHeadMayTurn) {
  const RopeOptions options{.head_dim = 20, .may_be_partial = true};
  expect_frequencies(spec_of({{"partial_rotary_factor", 0.5}}, options),
                     default_frequencies(10000.0, 10));
  const Json parameters = {{"partial_rotary_factor", 0.2}};
  expect_frequencies(spec_of({{"rope_parameters", parameters}}, options),
                     default_frequencies(10000.0, 4));
  EXPECT_EQ(spec_of({{"partial_rotary_factor", 0.34}}, options).inverse_frequencies.size(), 3u);
  EXPECT_TRUE(spec_of({{"partial_rotary_factor", 0.0}}, options).inverse_frequencies.empty());
}

TEST(RopeSpec, RefusesAnglesThatAreNotFinite) {
  const auto message = [](const Json& config) { return data_error_of([&] { spec_of(config); }); };
  EXPECT_TRUE(message({{"rope_theta", 1e-300}})
                  .starts_with("config.json: rope_theta: the base of rotary positions 1e-300 is "
                               "too small for the 16 features that are rotated"))
      << message({{"rope_theta", 1e-300}});
  for (const char* type : {"linear", "llama3"}) {
    const Json scaling = {{"rope_type", type},
                          {"factor", 1e-300},
                          {"low_freq_factor", 1.0},
                          {"high_freq_factor", 4.0},
                          {"original_max_position_embeddings", 64}};
    EXPECT_TRUE(message({{"rope_scaling", scaling}})
                    .starts_with("config.json: rope_scaling: factor: is too small"))
        << message({{"rope_scaling", scaling}});
  }
  EXPECT_EQ(message({{"rope_theta", 1e-3}}), "no error");
}

/// The library fails on all of them with a mismatch of shapes.
TEST(RopeSpec, RefusesAnOddNumberOfFeatures) {
  const auto message = [](const Json& config, const RopeOptions& options) {
    return data_error_of([&] { spec_of(config, options); });
  };
  const RopeOptions partial{.head_dim = 20, .may_be_partial = true};
  const std::string cause =
      ": rotary positions need an even number of features, not 7: 0.35 of a head_dim of 20";
  for (const char* name : {"partial_rotary_factor", "rotary_pct"})
    EXPECT_EQ(message({{name, 0.35}}, partial),
              "config.json: " + std::string(name) + cause + " (is 0.35)");
  for (const char* object : {"rope_parameters", "rope_scaling"})
    EXPECT_EQ(
        message({{object, {{"partial_rotary_factor", 0.35}}}}, partial),
        "config.json: " + std::string(object) + ": partial_rotary_factor" + cause + " (is 0.35)");
  EXPECT_EQ(message(Json::object(), {.head_dim = 12,
                                     .partial_rotary_factor = 0.25,
                                     .partial_names = {"rotary_pct"},
                                     .may_be_partial = true}),
            "config.json: rotary_pct: rotary positions need an even number of features, not 3: "
            "0.25 of a head_dim of 12 (is absent)");
  for (const bool may_be_partial : {false, true})
    EXPECT_EQ(message({{"head_dim", 5}}, {.head_dim = 5, .may_be_partial = may_be_partial}),
              "config.json: head_dim: rotary positions need an even head_dim, not 5 (is 5)");
  EXPECT_EQ(message({{"rotary_dim", 3}}, {.head_dim = 16}),
            "config.json: rotary_dim: 16 features of each head are rotated by the other fields "
            "(is 3)");
  EXPECT_EQ(message({{"rotary_pct", 0.5}}, {.head_dim = 16}),
            "config.json: rotary_pct: rotating 0.5 of each head is not implemented for this family "
            "(is 0.5)");
}

TEST(RopeSpec, TellsWherePlacesDisagree) {
  const auto warnings = [](const Json& fields, const RopeOptions& options = {.head_dim = 16}) {
    const HfConfig config(fields, "c");
    rope_spec(config, options);
    return config.warnings();
  };
  using Texts = std::vector<std::string>;
  const Json plain = {{"rope_type", "default"}, {"rope_theta", 500.0}};
  EXPECT_EQ(warnings({{"rope_theta", 500.0}, {"rope_parameters", plain}}), Texts{});
  EXPECT_EQ(warnings({{"rope_scaling", plain}, {"rope_parameters", plain}}), Texts{});
  EXPECT_EQ(warnings({{"rope_theta", 7.0}, {"rope_parameters", plain}}),
            Texts{"c: rope_parameters: rope_theta: 500.0 is used; rope_theta outside is 7.0"});
  const Json linear = {{"type", "linear"}, {"factor", 4.0}};
  EXPECT_EQ(warnings({{"rope_scaling", linear}, {"rope_parameters", plain}}),
            Texts{"c: rope_scaling: {\"type\":\"linear\",\"factor\":4.0} is used; rope_parameters "
                  "is {\"rope_type\":\"default\",\"rope_theta\":500.0}"});
  EXPECT_EQ(warnings({{"rope_scaling", {{"rope_type", "default"}, {"type", "linear"}}}}),
            Texts{"c: rope_scaling: rope_type: \"default\" is used; type, the other name of this "
                  "field, is \"linear\""});
  EXPECT_EQ(
      warnings({{"rotary_pct", 0.5}, {"partial_rotary_factor", 1.0}}),
      Texts{"c: partial_rotary_factor: 1.0 is used; rotary_pct, the other name of this field, "
            "is 0.5"});
}

TEST(RopeSpec, RefusesBandsThatDoNotFollow) {
  const auto message = [](double low, double high) {
    return error_of({{"max_position_embeddings", 64},
                     {"rope_scaling",
                      {{"rope_type", "llama3"},
                       {"factor", 8.0},
                       {"low_freq_factor", low},
                       {"high_freq_factor", high}}}});
  };
  EXPECT_EQ(message(1.0, 4.0), "no error");
  EXPECT_EQ(message(4.0, 1.0),
            "config.json: rope_scaling: high_freq_factor: must be greater than low_freq_factor 4 "
            "(is 1.0)");
  EXPECT_EQ(message(0.0, 1.0),
            "config.json: rope_scaling: low_freq_factor: must be positive (is 0.0)");
}

TEST(RopeSpec, InterleavingIsTheFamilys) {
  EXPECT_FALSE(spec_of(Json::object()).interleaved);
  EXPECT_TRUE(spec_of(Json::object(), {.head_dim = 16, .interleaved = true}).interleaved);
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
  EXPECT_EQ(error_of({{"rope_theta", 0}}),
            "config.json: rope_theta: the base of rotary positions must be positive, not 0 (is 0)");
  EXPECT_EQ(error_of({{"rope_scaling", {{"type", "linear"}, {"factor", 0}}}}),
            "config.json: rope_scaling: factor: must be positive (is 0)");
  EXPECT_EQ(error_of({{"rope_scaling", {{"type", "linear"}}}}),
            "config.json: rope_scaling: factor: required field is missing");
  EXPECT_EQ(error_of({{"partial_rotary_factor", 0.5}}),
            "config.json: partial_rotary_factor: rotating 0.5 of each head is not implemented for "
            "this family (is 0.5)");
  const Json plain = {{"rope_type", "default"}};
  EXPECT_EQ(error_of({{"rope_parameters", {{"full_attention", plain}}}}),
            "config.json: rope_parameters: full_attention: other rotary positions for each kind of "
            "layer are not implemented (is {\"rope_type\":\"default\"})");
  EXPECT_EQ(error_of({{"rope_scaling", {{"mrope_section", {16, 24, 24}}}}}),
            "config.json: rope_scaling: mrope_section: would change the numbers and is not "
            "implemented (is [16,24,24])");
}

/// The older spelling of the type is refused as well, under its own name.
TEST(RopeSpec, RefusesUnknownTypesInTheOlderSpelling) {
  EXPECT_EQ(
      error_of({{"rope_scaling", {{"type", "dynamic"}, {"factor", 2.0}}}}),
      "config.json: rope_scaling: type: 'dynamic' is not implemented; known: default, linear, "
      "llama3 (is \"dynamic\")");
}

/// Two features (1, 0) and (0, 1) of a pair come out as its cosine and sine.
TEST(RopeTable, TurnsPairsByTheF32Angles) {
  for (const bool interleaved : {false, true}) {
    const RopeSpec spec =
        spec_of({{"rope_theta", 10000.0}}, {.head_dim = 16, .interleaved = interleaved});
    const RopeTable table(spec, 300);
    EXPECT_EQ(table.positions(), 300);
    for (Index t = 0; t < 300; ++t) {
      std::vector<float> features(16, 0.0f);
      for (std::size_t i = 0; i < 8; ++i) features[interleaved ? 2 * i : i] = 1.0f;
      table.rotate(features.data(), t);
      for (std::size_t i = 0; i < 8; ++i) {
        const double angle =
            static_cast<double>(static_cast<float>(t) * spec.inverse_frequencies[i]);
        // Half a unit in the last place of 1, and as much for another libm.
        const double cosine = static_cast<double>(features[interleaved ? 2 * i : i]);
        const double sine = static_cast<double>(features[interleaved ? 2 * i + 1 : i + 8]);
        EXPECT_NEAR(cosine, std::cos(angle), 1.2e-7);
        EXPECT_NEAR(sine, std::sin(angle), 1.2e-7);
      }
      if (t > 0) continue;
      for (std::size_t i = 0; i < 16; ++i)
        EXPECT_EQ(features[i], (interleaved ? i % 2 == 0 : i < 8) ? 1.0f : 0.0f) << i;
    }
  }
}

TEST(RopeTable, LeavesFeaturesBehindAlone) {
  const RopeSpec spec =
      spec_of({{"partial_rotary_factor", 0.25}}, {.head_dim = 16, .may_be_partial = true});
  const RopeTable table(spec, 4);
  std::vector<float> features(16, 1.0f);
  table.rotate(features.data(), 3);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NE(features[i], 1.0f) << i;
  for (std::size_t i = 4; i < 16; ++i) EXPECT_EQ(features[i], 1.0f) << i;
}

}  // namespace
}  // namespace nf
