#include "eval/experiment/integer_use.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "core/ops/int8.h"
#include "eval/experiment/experiment.h"
#include "tests/support/config_support.h"
#include "tests/support/experiment_files.h"
#include "tests/support/family_support.h"
#include "tests/support/tiny_model.h"
#include "tests/support/trial_support.h"
#include "tests/support/without_folder.h"

namespace nf {
namespace {

const std::string kWeight =
    "{sites: {tensor: weight}, grid: uniform, bits: 8, granularity: channel}";
const std::string kInput = "{sites: {tensor: input}, grid: uniform, bits: 8, granularity: token}";

/// The folder is made once: no test changes a model.
class IntegerUse : public testing::Test {
 protected:
  static void SetUpTestSuite() { files_ = std::make_unique<ExperimentFiles>(); }
  static void TearDownTestSuite() { files_.reset(); }

  static Experiment load(const std::string& trial) {
    const std::string text =
        "experiment: e\nmodel: opt\ndata: {text: text.txt, context: 32}\n"
        "calibration: {ref: {text: text.txt, context: 16, windows: 4}}\n"
        "trials:\n  - name: t\n    " +
        trial + "\n";
    return Experiment::load(files_->write("e.yaml", text).string(), {}, Kinds::builtin());
  }
  static std::string message_of(const std::string& trial) {
    return without_folder(config_error_of([&] { load(trial); }), files_->dir());
  }
  static std::string message_of_entries(const std::string& entries) {
    return message_of("execute: integer\n    distort: [" + entries + "]");
  }
  static std::vector<std::string> conditions(const std::string& trial) {
    std::vector<std::string> result;
    const Experiment experiment = load(trial);
    for (const Trial& one : experiment.models.front().trials)
      result.push_back(fmt::format("{} {} {}", one.seed, enum_name(one.execute), one.vars.dump()));
    return result;
  }

  static inline std::unique_ptr<ExperimentFiles> files_;
};

using Lines = std::vector<std::string>;

TEST_F(IntegerUse, ArmsAreTrialsToldApartByAVariable) {
  EXPECT_EQ(conditions("quantize: W8A8"), (Lines{"0 simulated {}"}));
  EXPECT_EQ(conditions("execute: integer\n    quantize: W8A8"),
            (Lines{R"(0 integer {"execute":"integer"})"}));
  EXPECT_EQ(
      conditions("execute: [simulated, integer]\n    sweep: {b: [4, 8]}\n    repeat: 2\n    "
                 "quantize: W${b}A8"),
      (Lines{R"(0 simulated {"b":4,"execute":"simulated"})",
             R"(1 simulated {"b":4,"execute":"simulated"})",
             R"(0 integer {"b":4,"execute":"integer"})", R"(1 integer {"b":4,"execute":"integer"})",
             R"(0 simulated {"b":8,"execute":"simulated"})",
             R"(1 simulated {"b":8,"execute":"simulated"})",
             R"(0 integer {"b":8,"execute":"integer"})",
             R"(1 integer {"b":8,"execute":"integer"})"}));
}

TEST_F(IntegerUse, MayBeAVariableOfTheSweep) {
  EXPECT_EQ(
      conditions("execute: \"${execute}\"\n    sweep: {execute: [simulated, integer]}\n    "
                 "quantize: W8A8"),
      (Lines{R"(0 simulated {"execute":"simulated"})", R"(0 integer {"execute":"integer"})"}));
  EXPECT_EQ(conditions("execute: \"${e}\"\n    sweep: {e: [simulated, integer]}\n    "
                       "quantize: W8A8"),
            (Lines{R"(0 simulated {"e":"simulated","execute":"simulated"})",
                   R"(0 integer {"e":"integer","execute":"integer"})"}));
  EXPECT_NE(
      message_of("execute: integer\n    sweep: {execute: [3, 4]}\n    quantize: W${execute}A8")
          .find("rename the variable"),
      std::string::npos);
}

TEST_F(IntegerUse, IsTheNameOfNoOtherVariable) {
  const std::string message = message_of("sweep: {execute: [3, 4]}\n    quantize: W${execute}A8");
  EXPECT_NE(message.find("a variable cannot be called 'execute', which is the column of 'execute'"),
            std::string::npos)
      << message;
  EXPECT_NE(message_of("zip: {execute: [3, 4]}\n    quantize: W${execute}A8"), "no error");
}

TEST_F(IntegerUse, RefusesLinearsOfMoreInputsThanASumOf32BitsHolds) {
  const auto problem = [](Index inputs) {
    const DecoderSpec spec =
        spec_of(with_fields(tiny_llama().config, {{"intermediate_size", inputs}}));
    Trial trial = make_trials(kWeight + ", " + kInput).front();
    trial.execute = Execution::integer;
    ConfigErrors errors;
    check_integers(trial, parse_good("{}"), spec, errors);
    return errors.count() == 0 ? std::string() : errors.message();
  };
  EXPECT_EQ(problem(kMostInt8Inputs), "");
  const std::string message = problem(kMostInt8Inputs + 2);
  EXPECT_NE(message.find("down_proj"), std::string::npos) << message;
  EXPECT_NE(message.find("65538 inputs"), std::string::npos) << message;
}

TEST_F(IntegerUse, WordsThatAreNoneAreRefused) {
  EXPECT_NE(message_of("execute: integers\n    quantize: W8A8").find("did you mean 'integer'"),
            std::string::npos)
      << message_of("execute: integers\n    quantize: W8A8");
  EXPECT_NE(message_of("execute: []\n    quantize: W8A8").find("is empty"), std::string::npos);
  EXPECT_NE(message_of("execute: [integer, integer]\n    quantize: W8A8").find("twice"),
            std::string::npos);
}

TEST_F(IntegerUse, TakesWhateverIsOneRoundingToIntegersOnBothSides) {
  for (const char* good :
       {"W8A8", "W4A8 asym", "W8A8 tensor tensor", "W4A8 gptq", "W8A8 smoothquant0.5"})
    EXPECT_EQ(message_of(fmt::format("execute: integer\n    quantize: {}", good)), "no error")
        << good;
  EXPECT_EQ(message_of_entries(kWeight + ", " + kInput), "no error");
  EXPECT_EQ(message_of("execute: integer\n    each: layer\n    distort: [" + kWeight + ", " +
                       kInput + "]"),
            "no error");
}

/// Each with a part of the one line that says why.
TEST_F(IntegerUse, RefusesTheRestAtTheEntryThatIsInTheWay) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {kWeight, "its input is not rounded"},
      {kInput, "its weight is not rounded"},
      {kWeight + ", {sites: {tensor: input}, noise: gaussian, strength: {relative_l2: 0.1}}",
       "it rounds to no integers"},
      {kWeight + ", {sites: {tensor: input}, grid: uniform, bits: 8, granularity: {group: 8}}",
       "write granularity: token"},
      {kInput + ", {sites: {tensor: weight}, grid: uniform, bits: 8, granularity: {group: 8}}",
       "write granularity: channel"},
      {kInput + ", {sites: {tensor: weight}, grid: nf4, granularity: channel}", "grid nf4"},
      {kInput + ", {sites: {tensor: weight}, grid: uniform, bits: 8, granularity: channel, dose: "
                "0.5}",
       "leave dose"},
      {kInput + ", " + kWeight + ", " + kWeight, "an entry before acts there"},
      {kInput + ", {sites: {tensor: weight}, grid: uniform, bits: 8, granularity: channel, "
                "channel_scale: {awq: {}}}",
       "scales of awq"},
      {kWeight + ", " + kInput +
           ", {sites: {tensor: v_cache}, grid: uniform, bits: 8, granularity: token}",
       "no linear multiplies a state"},
      {kWeight + ", " + kInput +
           ", {sites: {tensor: weight, roles: lm_head}, grid: uniform, bits: 8, granularity: "
           "channel}",
       "leave embed_tokens and lm_head out"}};
  for (const auto& [entries, part] : cases) {
    const std::string message = message_of_entries(entries);
    EXPECT_NE(message.find(part), std::string::npos) << entries << "\n" << message;
    EXPECT_EQ(message.rfind("e.yaml:", 0), 0u) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
  EXPECT_NE(message_of("execute: integer\n    twins: [permuted]\n    quantize: W8A8").find("twin"),
            std::string::npos);
}

TEST_F(IntegerUse, SaysWhichLinearsSaturateWithoutVnni) {
  const auto site = [](const std::string& quantize) {
    const Experiment experiment = load("execute: integer\n    quantize: " + quantize);
    const ExperimentModel& model = experiment.models.front();
    return saturating_linear(model.trials.front(), model.decoder.spec());
  };
  EXPECT_EQ(site("W8A8").rfind("layers.0.", 0), 0u) << site("W8A8");
  EXPECT_EQ(site("W8A7"), "");
  EXPECT_EQ(site("W7A8"), "");
  EXPECT_EQ(site("W8A7 asym"), "");
  EXPECT_EQ(site("W4A8"), "");
}

}  // namespace
}  // namespace nf
