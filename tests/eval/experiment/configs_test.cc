/// The experiments that come with the program.

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "core/io/read_file.h"
#include "eval/experiment/experiment.h"
#include "eval/experiment/repeat_warnings.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

const fs::path kConfigs = NF_SOURCE_DIR "/configs";

/// All but the templates of `new`, which have gaps, by their paths from configs/.
std::set<std::string> all_configs() {
  std::set<std::string> names;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(kConfigs))
    if (entry.path().extension() == ".yaml" && entry.path().parent_path().filename() != "templates")
      names.insert(fs::relative(entry.path(), kConfigs).string());
  return names;
}

TEST(Configs, AreSound) {
  const std::set<std::string> names = all_configs();
  for (const char* name : {"quickstart.yaml", "calibration/gptq-w4a16.yaml", "adadim/rtn.yaml"})
    EXPECT_TRUE(names.contains(name)) << name;
  for (const std::string& name : names) {
    const Experiment experiment =
        Experiment::load((kConfigs / name).string(), {}, Kinds::builtin());
    EXPECT_EQ(experiment.warnings, std::vector<std::string>{}) << name;
    EXPECT_EQ(repeat_warnings(experiment), std::vector<std::string>{}) << name;
    EXPECT_FALSE(experiment.models.front().trials.empty()) << name;
  }
}

/// Their run folders would meet.
TEST(Configs, HaveNamesOfTheirOwn) {
  std::set<std::string> taken;
  for (const std::string& name : all_configs())
    EXPECT_TRUE(taken
                    .insert(Experiment::load((kConfigs / name).string(), {}, Kinds::builtin())
                                .config.experiment)
                    .second)
        << name;
}

/// One that repeats a paper says which, and how to read the answer.
TEST(Configs, OfPapersSayWhatTheyAsk) {
  for (const std::string& name : all_configs()) {
    if (name.find('/') == std::string::npos && name != "w4a16-w8a8.yaml") continue;
    const std::string text = read_text_file(kConfigs / name);
    const std::string head = text.substr(0, text.find("\nexperiment:"));
    for (const char* part : {"arXiv ", "\n# Costs: ", "\n# How to read the answer: `noisefloor ",
                             "\n# Another model: "})
      EXPECT_NE(head.find(part), std::string::npos) << name << ": " << part;
  }
}

/// Sets of one comparison are the same size, and drawn for each of three trials.
TEST(Configs, CompareCalibrationSetsOfOneSize) {
  for (const std::string& name : all_configs()) {
    if (!name.starts_with("calibration/")) continue;
    const Json resolved =
        Experiment::load((kConfigs / name).string(), {}, Kinds::builtin()).resolved();
    std::set<std::string> sizes;
    for (const auto& [set, config] : resolved.at("calibration").items()) {
      EXPECT_EQ(config.at("seed"), "trial") << name << ": " << set;
      sizes.insert(config.at("context").dump() + "x" + config.at("windows").dump());
    }
    EXPECT_EQ(sizes.size(), 1u) << name;
    EXPECT_EQ(resolved.at("calibration").size(), 7u) << name;
  }
}

}  // namespace
}  // namespace nf
