#include "eval/design/bisect_config.h"

#include <gtest/gtest.h>

#include "tests/support/config_support.h"

namespace nf {
namespace {

BisectConfig read(const std::string& yaml) {
  ConfigErrors errors;
  BisectConfig config = BisectConfig::fields().read(parse_good(yaml), errors);
  errors.throw_if_any();
  return config;
}

std::string message_of(const std::string& yaml) {
  return config_message(yaml, [](const ConfigNode& node, ConfigErrors& errors) {
    BisectConfig::fields().read(node, errors);
  });
}

TEST(BisectConfig, ReadsWhatIsWrittenAndFillsInTheRest) {
  const BisectConfig config = read("{range: [0.001, 1], target: {delta_nll: 0.02}}");
  EXPECT_EQ(config.range.lowest, 0.001);
  EXPECT_EQ(config.range.highest, 1.0);
  EXPECT_EQ(config.target.metric, BisectMetric::delta_nll);
  EXPECT_EQ(config.target.value, 0.02);
  EXPECT_EQ(config.rel_tolerance, 0.05);
  EXPECT_EQ(config.max_steps, 12);
  EXPECT_EQ(BisectConfig::fields().write(config).dump(),
            R"({"range":[0.001,1.0],"target":{"delta_nll":0.02},"rel_tolerance":0.05,)"
            R"("max_steps":12})");
}

TEST(BisectConfig, NamesEachMistake) {
  const std::string target = ", target: {kl: 0.05}}";
  const std::vector<std::pair<std::string, std::string>> mistakes = {
      {"{range: [1, 0.001]" + target, "f.yaml:1:9: range: is reversed; write [0.001, 1]"},
      {"{range: [1, 1]" + target,
       "f.yaml:1:9: range: has two equal ends: there is nothing to search"},
      {"{range: [0, 1]" + target, "f.yaml:1:10: range[0]: must be greater than 0, is 0"},
      {"{range: [-2, 1]" + target, "f.yaml:1:10: range[0]: must be greater than 0, is -2"},
      {"{range: [0.1]" + target,
       "f.yaml:1:9: range: cannot read a list as a range [lowest, highest]"},
      {"{range: 0.1" + target, "f.yaml:1:9: range: cannot read '0.1' as a range [lowest, highest]"},
      {"{range: [0.1, high]" + target, "f.yaml:1:15: range[1]: cannot read 'high' as a number"},
      {"{range: [0.1, 1], target: {ppl: 9}}",
       "f.yaml:1:28: target: unknown key 'ppl'; known: kl, delta_nll"},
      {"{range: [0.1, 1], target: {deltanll: 9}}",
       "f.yaml:1:28: target: unknown key 'deltanll'; did you mean 'delta_nll'?"},
      {"{range: [0.1, 1], target: {kl: 1, delta_nll: 1}}",
       "f.yaml:1:27: target: needs exactly one of: kl, delta_nll"},
      {"{range: [0.1, 1], target: {kl: 0}}",
       "f.yaml:1:32: target.kl: must be greater than 0, is 0"},
      {"{range: [0.1, 1], target: {kl: 1}, rel_tolerance: 0}",
       "f.yaml:1:51: rel_tolerance: must be greater than 0 and less than 1, is 0"},
      {"{range: [0.1, 1], target: {kl: 1}, max_steps: 0}",
       "f.yaml:1:47: max_steps: must be between 1 and 100, is 0"},
      {"{target: {kl: 1}}", "f.yaml:1:1: required key 'range' is missing"},
  };
  for (const auto& [yaml, message] : mistakes) EXPECT_EQ(message_of(yaml), message) << yaml;
}

}  // namespace
}  // namespace nf
