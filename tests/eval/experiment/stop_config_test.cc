#include "eval/experiment/stop_config.h"

#include <gtest/gtest.h>

#include "tests/support/config_support.h"

namespace nf {
namespace {

std::string message_of(const std::string& yaml) {
  return config_message(yaml, [](const ConfigNode& node, ConfigErrors& errors) {
    ConfigValue<TrialStop>::read(node, errors);
  });
}

TEST(StopConfig, WaitsForEightBlocksUnlessMoreAreAskedFor) {
  ConfigErrors errors;
  const auto stop =
      ConfigValue<TrialStop>::read(parse_good("{kl_halfwidth: 0.002}"), errors)->config;
  EXPECT_EQ(stop->kl_halfwidth, 0.002);
  EXPECT_EQ(stop->min_blocks, 8);
  EXPECT_FALSE(ConfigValue<TrialStop>::read(parse_good("none"), errors)->config.has_value());
  EXPECT_TRUE(errors.empty());
}

TEST(StopConfig, NamesEachMistake) {
  const std::vector<std::pair<std::string, std::string>> mistakes = {
      {"{kl_halfwidth: 0}", "f.yaml:1:16: kl_halfwidth: must be greater than 0, is 0"},
      {"{kl_halfwidth: 0.1, min_blocks: 7}", "f.yaml:1:33: min_blocks: must be at least 8, is 7"},
      {"{min_blocks: 9}", "f.yaml:1:1: required key 'kl_halfwidth' is missing"},
      {"{kl_halfwith: 0.1}", "f.yaml:1:2: unknown key 'kl_halfwith'; did you mean 'kl_halfwidth'?"},
      {"never", "f.yaml:1:1: cannot read 'never' as none or {kl_halfwidth: number}"},
  };
  for (const auto& [yaml, message] : mistakes) EXPECT_EQ(message_of(yaml), message) << yaml;
}

}  // namespace
}  // namespace nf
