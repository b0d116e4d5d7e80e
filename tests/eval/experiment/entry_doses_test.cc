/// `dose`, `keep` and `strength` of entries of any kind.

#include <gtest/gtest.h>

#include <string>

#include "tests/support/config_support.h"
#include "tests/support/trial_support.h"

namespace nf {
namespace {

const std::string kNoise =
    "{sites: {tensor: weight}, noise: gaussian, strength: {relative_l2: 0.1}";
const std::string kGrid = "{sites: {tensor: weight}, grid: uniform, bits: 4, granularity: channel";

Json config_of(const std::string& entry) {
  Json config = make_trials(entry).front().entries.front().config();
  config.erase("sites");
  return config;
}

std::string error_of(const std::string& entry) {
  ConfigErrors errors;
  expand_trial(parse_good("name: t\ndistort: [" + entry + "]\n"), 0, Kinds::builtin(), errors);
  return errors.empty() ? "" : errors.message();
}

TEST(EntryDoses, StandInTheConfigOfAnyKind) {
  for (const std::string& entry : {kNoise, kGrid}) {
    const Json plain = config_of(entry + "}");
    EXPECT_FALSE(plain.contains("dose"));
    EXPECT_EQ(config_of(entry + ", dose: 1}"), plain);  // so that it keeps its id
    Json half = plain;
    half["dose"] = 0.5;
    EXPECT_EQ(config_of(entry + ", dose: 0.5}"), half);
    EXPECT_EQ(config_of(entry + ", keep: small}").at("keep"), "small");
  }
}

TEST(EntryDoses, AreOfAStrengthWhereSomethingIsKept) {
  EXPECT_EQ(config_of(kGrid + ", keep: large, strength: {relative_l2: 0.2}}").at("strength"),
            Json({{"relative_l2", 0.2}}));
  EXPECT_NE(error_of(kGrid + ", strength: {relative_l2: 0.2}}"), "");
}

TEST(EntryDoses, AreRefusedWhereTheyMakeNoSense) {
  EXPECT_NE(error_of(kNoise + ", dose: -1}"), "");
  EXPECT_NE(error_of(kNoise + ", dose: much}"), "");
  EXPECT_NE(error_of(kNoise + ", keep: smal}").find("small"), std::string::npos);
  EXPECT_NE(error_of(kNoise + ", keep: clipping}"), "");  // noise clips nothing
}

TEST(EntryDoses, CanBeSearchedForUpToOne) {
  ConfigErrors errors;
  const std::vector<Trial> trials = expand_trial(
      parse_good("name: t\nbisect: {range: [0.01, 1], target: {kl: 0.05}}\ndistort: [" + kGrid +
                 ", dose: \"${bisect}\"}]\n"),
      0, Kinds::builtin(), errors);
  errors.throw_if_any();
  EXPECT_EQ(trials.front().entries.front().config().at("dose"), "${bisect}");
  EXPECT_EQ(trials.front().at(0.5).entries.front().config().at("dose"), 0.5);
}

TEST(EntryDoses, LeaveTheReferenceOfATrialWhole) {
  const DistortionPtr half = make_trials(kGrid + ", dose: 0.5}").front().entries.front().distortion;
  ASSERT_NE(half->whole(), nullptr);
  EXPECT_EQ(half->whole()->config(),
            make_trials(kGrid + "}").front().entries.front().distortion->config());
}

}  // namespace
}  // namespace nf
