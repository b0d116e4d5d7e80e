#include "eval/experiment/reshape_config.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/config/yaml_reader.h"
#include "eval/experiment/experiment.h"
#include "tests/support/experiment_files.h"

namespace nf {
namespace {

ReshapeConfig read(const std::string& yaml) {
  ConfigErrors errors;
  const ConfigNode node = parse_yaml("reshape: " + yaml, "e.yaml", errors, "");
  auto config = ConfigValue<ReshapeConfig>::read(*node.find("reshape"), errors);
  errors.throw_if_any();
  return *std::move(config);
}

std::string error_of(const std::string& yaml) {
  try {
    read(yaml);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

DecoderSpec wide(Index hidden_size) {
  DecoderSpec spec;
  spec.hidden_size = hidden_size;
  spec.num_hidden_layers = 3;
  return spec;
}

TEST(ReshapeConfig, SaysWhatIsWrong) {
  EXPECT_EQ(error_of("{}"),
            "e.yaml:1:10: reshape: needs outliers: {channels: 4, factor: 16}, flatten: true, or "
            "both");
  EXPECT_EQ(error_of("{outliers: {channels: 4}}"),
            "e.yaml:1:21: reshape.outliers: required key 'factor' is missing");
  EXPECT_EQ(error_of("{outliers: {channels: 4, factor: 0}}"),
            "e.yaml:1:43: reshape.outliers.factor: must be between 1e-06 and "
            "1000000, is 0");
  EXPECT_EQ(error_of("{outliers: {channels: [3, 3], factor: 2}}"),
            "e.yaml:1:32: reshape.outliers.channels: channel 3 stands here twice");
  EXPECT_NE(error_of("{outliers: {channels: 0, factor: 2}}").find("needs at least one channel"),
            std::string::npos);
  EXPECT_NE(error_of("{channels: 4, factor: 2}").find("outliers: {channels: 4, factor: 16}"),
            std::string::npos);
  EXPECT_NE(error_of("flat").find("none or a mapping"), std::string::npos);
}

TEST(ReshapeConfig, ReadsWhatItWrites) {
  for (const std::string yaml :
       {"none", "{flatten: true}", "{outliers: {channels: [7, 2], factor: 4, layers: 0-1}}",
        "{outliers: {channels: 4, factor: 0.5, seed: 3}, flatten: true}"}) {
    const Json written = ConfigValue<ReshapeConfig>::write(read(yaml));
    EXPECT_EQ(ConfigValue<ReshapeConfig>::write(read(written.dump())), written) << yaml;
  }
}

TEST(ReshapeConfig, DrawsChannelsOnceOfWhichFewerAreAmongMore) {
  const auto channels = [](Index count, Index seed, Index width) {
    return reshape_of(read("{outliers: {channels: " + std::to_string(count) +
                           ", factor: 2, seed: " + std::to_string(seed) + "}}"),
                      wide(width))
        .channels;
  };
  const std::vector<Index> two = channels(2, 0, 64), eight = channels(8, 0, 64);
  EXPECT_EQ(two.size(), 2u);
  EXPECT_TRUE(std::includes(eight.begin(), eight.end(), two.begin(), two.end()));
  EXPECT_NE(channels(8, 1, 64), eight);
  EXPECT_EQ(channels(64, 0, 64).size(), 64u);
}

TEST(ReshapeConfig, IsNothingWhereNothingChanges) {
  EXPECT_EQ(reshape_of(read("{outliers: {channels: 4, factor: 1}}"), wide(64)), Reshape{});
  EXPECT_EQ(reshape_of(read("none"), wide(64)), Reshape{});
}

TEST(ReshapeConfig, HasTheLayersThatItNames) {
  const Reshape reshape =
      reshape_of(read("{outliers: {channels: [1], factor: 2, layers: [first, 2]}}"), wide(64));
  EXPECT_EQ(reshape.layers, (std::vector<bool>{true, false, true}));
}

std::string load_error(const std::string& yaml) {
  const ExperimentFiles files;
  try {
    Experiment::load(files.write("e.yaml", yaml).string(), {}, Kinds::builtin());
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

const std::string kHead = "experiment: e\nmodel: opt\ndata: {text: text.txt, context: 32}\n";

TEST(ReshapeConfig, IsCheckedAgainstTheModels) {
  const std::string error = load_error(
      kHead +
      "trials:\n  - name: a\n    sweep: {f: [1, 2]}\n    reshape: {outliers: {channels: [32], "
      "factor: \"${f}\", layers: 7}}\n    quantize: W4\n");
  EXPECT_NE(error.find("channel 32 is beyond opt, which has channels 0-31"), std::string::npos)
      << error;
  EXPECT_NE(error.find("'7' goes beyond opt, which has layers 0-1"), std::string::npos) << error;
}

TEST(ReshapeConfig, OfATrialNeedsSomethingThatItDoes) {
  const std::string error = load_error(kHead + "trials: [{name: a, reshape: {flatten: true}}]\n");
  EXPECT_NE(error.find("'reshape' stands beside 'trials: []'"), std::string::npos) << error;
}

TEST(ReshapeConfig, CannotBeSearchedFor) {
  const std::string error = load_error(
      kHead +
      "trials:\n  - name: a\n    bisect: {range: [1, 64], target: {kl: 0.1}}\n    reshape: "
      "{outliers: {channels: 4, factor: \"${bisect}\"}}\n    perturb: gaussian l2=\"${bisect}\"\n");
  EXPECT_NE(error.find("cannot depend on the value that is searched for"), std::string::npos)
      << error;
}

TEST(ReshapeConfig, OfTheExperimentIsThatOfTrialsThatDoNotSayOtherwise) {
  const ExperimentFiles files;
  const Experiment experiment = Experiment::load(
      files
          .write("e.yaml", kHead + "reshape: {flatten: true}\ntrials:\n  - {name: a, quantize: "
                                   "W4}\n  - {name: b, reshape: none, quantize: W4}\n")
          .string(),
      {}, Kinds::builtin());
  const Json trials = experiment.resolved().at("trials");
  EXPECT_EQ(trials[0].at("reshape").at("flatten"), true);
  EXPECT_EQ(trials[1].at("reshape"), "none");
}

}  // namespace
}  // namespace nf
