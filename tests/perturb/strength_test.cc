#include "perturb/strength.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/noise_support.h"

namespace nf {
namespace {

constexpr double kError = 1e-12;  // of 10^x, in double

Strength read_strength(const std::string& yaml) {
  ConfigErrors errors;
  const auto strength = ConfigValue<Strength>::read(parse_good(yaml), errors);
  errors.throw_if_any();
  return strength.value();
}

std::string strength_error(const std::string& yaml) {
  return config_message(yaml, [](const ConfigNode& node, ConfigErrors& errors) {
    if (ConfigValue<Strength>::read(node, errors)) errors.add(node, "was read");
  });
}

TEST(Strength, ReadsAndWritesItsForms) {
  for (const char* name : {"relative_l2", "snr_db", "sigma_abs"}) {
    const Strength strength = read_strength(fmt::format("{{{}: 0.25}}", name));
    EXPECT_EQ(ConfigValue<Strength>::write(strength), Json({{name, 0.25}}));
  }
  EXPECT_EQ(ConfigValue<Strength>::write(read_strength("{match: {step: 0.25}}")),
            Json({{"match", {{"step", 0.25}}}}));
}

TEST(Strength, ReadsTheWordsThatTablesPrint) {
  for (const auto& [word, written_out] :
       std::vector<std::pair<std::string, std::string>>{{"l2=0.1", "{relative_l2: 0.1}"},
                                                        {"snr=20dB", "{snr_db: 20}"},
                                                        {"snr=-6", "{snr_db: -6}"},
                                                        {"rms=1e-3", "{sigma_abs: 1e-3}"}})
    EXPECT_EQ(ConfigValue<Strength>::write(read_strength(word)),
              ConfigValue<Strength>::write(read_strength(written_out)))
        << word;
  EXPECT_EQ(strength_error("l2=10%"), "f.yaml:1:1: relative_l2: cannot read '10%' as a number");
}

TEST(Strength, SaysWhatIsWrong) {
  EXPECT_EQ(strength_error("{relative_l2: -1}").substr(0, 37),
            "f.yaml:1:15: relative_l2: must be bet");
  EXPECT_NE(strength_error("{relative_l2: 0.1, snr_db: 3}").find("exactly one of"),
            std::string::npos);
  EXPECT_NE(strength_error("{relativel2: 0.1}").find("did you mean 'relative_l2'?"),
            std::string::npos);
  EXPECT_EQ(strength_error("0.1"),
            "f.yaml:1:1: cannot read '0.1' as a mapping; write {relative_l2: 0.1}, {snr_db: ...}, "
            "{sigma_abs: ...} or {match: ...}");
}

TEST(Strength, GivesTheNormOfTheNoise) {
  const auto norm = [](const std::string& yaml) {
    return StrengthRule(read_strength(yaml), nullptr).norm(5.0, 0.0, 9);
  };
  EXPECT_DOUBLE_EQ(norm("{relative_l2: 0.2}"), 1.0);
  EXPECT_NEAR(norm("{snr_db: 20}"), 0.5, kError);
  EXPECT_NEAR(norm("{snr_db: -6}"), 5.0 * std::pow(10.0, 0.3), kError * 10.0);
  EXPECT_DOUBLE_EQ(norm("{snr_db: 0}"), 5.0);
  EXPECT_DOUBLE_EQ(norm("{sigma_abs: 0.5}"), 1.5);
  const StrengthRule match(read_strength("{match: {step: 0.25}}"),
                           std::make_shared<RoundingDistortion>(0.25));
  EXPECT_DOUBLE_EQ(match.norm(5.0, 0.75, 9), 0.75);
}

TEST(Strength, OfZeroValuesIsZero) {
  for (const char* yaml : {"{relative_l2: 0.2}", "{snr_db: 20}", "{sigma_abs: 0.5}"})
    EXPECT_EQ(StrengthRule(read_strength(yaml), nullptr).norm(0.0, 0.0, 9), 0.0);
}

TEST(Strength, KnowsWhenItIsZero) {
  const auto is_zero = [](const std::string& yaml) {
    return StrengthRule(read_strength(yaml), nullptr).is_zero();
  };
  EXPECT_TRUE(is_zero("{relative_l2: 0}"));
  EXPECT_TRUE(is_zero("{sigma_abs: 0}"));
  EXPECT_FALSE(is_zero("{snr_db: 0}"));
  EXPECT_FALSE(is_zero("{relative_l2: 0.1}"));
  EXPECT_TRUE(
      StrengthRule(read_strength("{match: {step: 0}}"), std::make_shared<RoundingDistortion>(0))
          .is_zero());
}

}  // namespace
}  // namespace nf
