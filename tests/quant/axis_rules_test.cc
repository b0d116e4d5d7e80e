#include "quant/axis_rules.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>

#include "tests/quant/quantizer_test_data.h"

namespace nf {
namespace {

/// Values of every axis, those first that go with everything.
using Axis = std::pair<std::string, std::vector<std::string>>;
const std::vector<Axis>& axes() {
  static const std::vector<Axis> all = {
      {"grid",
       {"uniform", "power", "{power: 0.5}", "nf4", "{codebook: [-1, 0, 0.5, 1]}", "kmeans"}},
      {"symmetric", {"", "true", "false"}},
      {"levels", {"", "balanced", "full"}},
      {"granularity",
       {"{group: 4}", "tensor", "channel", "{group: 4, axis: in}", "token", "{adaptive: 4}",
        "{adaptive: 4, error_at: site}", "{auto: {coarsest: 32}}"}},
      {"range", {"", "minmax", "mse", "{percentile: 99}", "awq"}},
      {"zero_in_range", {"", "false", "true"}},
      {"channel_scale", {"", "none", "{smoothquant: {alpha: 0.5}}", "{awq: {steps: 20}}"}},
      {"static", {"", "false", "true"}},
      {"except_outliers", {"", "6.0"}},
      {"weighted", {"", "true", "false"}},
      {"method", {"", "rtn"}},
  };
  return all;
}

std::string entry_of(std::map<std::string, std::string> keys) {
  for (const auto& [key, values] : axes()) keys.try_emplace(key, values.front());
  const std::string& grid = keys["grid"];
  if (grid != "nf4" && grid.find("codebook") == std::string::npos) keys["bits"] = "4";
  std::string yaml;
  for (const auto& [key, value] : keys)
    if (!value.empty()) yaml += fmt::format("{}{}: {}", yaml.empty() ? "" : ", ", key, value);
  return "{" + yaml + "}";
}

/// "" where the entry is legal, else the causes.
std::string problem(const std::string& yaml, SiteTensor tensor) {
  ConfigErrors errors;
  const ConfigNode node = parse_yaml(yaml, "q.yaml", errors);
  const DistortionPtr quantizer = builtin_quantizers().create(node, tensor, errors);
  EXPECT_EQ(quantizer != nullptr, errors.empty()) << yaml;
  return errors.message();
}

constexpr SiteTensor kTensors[] = {SiteTensor::weight, SiteTensor::input, SiteTensor::k_cache};

TEST(AxisRules, EveryPairIsLegalOrRefusedByOneReason) {
  std::set<std::string> refused;
  Index legal = 0;
  for (const SiteTensor tensor : kTensors)
    for (std::size_t a = 0; a < axes().size(); ++a)
      for (std::size_t b = a + 1; b < axes().size(); ++b)
        for (const std::string& first : axes()[a].second)
          for (const std::string& second : axes()[b].second) {
            std::map<std::string, std::string> keys = {{axes()[a].first, first},
                                                       {axes()[b].first, second}};
            const std::string yaml = entry_of(keys);
            const std::string message = problem(yaml, tensor);
            if (message.empty()) {
              ++legal;
              continue;
            }
            // Each line is a rule's, or says that the tensor has no such unit.
            EXPECT_NE(message.find(';'), std::string::npos) << yaml << "\n" << message;
            std::istringstream lines(message);
            for (std::string line; std::getline(lines, line);)
              refused.insert(line.substr(line.find(": ") + 2));
          }
  EXPECT_GT(legal, 1000);
  EXPECT_GE(refused.size(), axis_rules().size() - 1);
}

/// What stands in the contracts as a method of its own is legal as written.
TEST(AxisRules, LeaveTheKnownMethodsLegal) {
  for (const char* yaml : {
           "{grid: uniform, bits: 4, granularity: {group: 64}, symmetric: false}",
           "{grid: uniform, bits: 3, granularity: channel, levels: full, range: mse}",
           "{grid: uniform, bits: 4, granularity: {group: 64}, symmetric: false, channel_scale: "
           "{awq: {steps: 20}}, range: awq}",
           "{grid: uniform, bits: 4, granularity: tensor, channel_scale: {awq: {}}}",
           "{grid: uniform, bits: 4, granularity: {adaptive: 64}, symmetric: false, "
           "zero_in_range: true, channel_scale: awq}",
           "{grid: nf4, granularity: {group: 64}, channel_scale: awq}",
           "{grid: kmeans, bits: 3, granularity: channel}",
           "{grid: kmeans, bits: 4, granularity: {adaptive: 8}, weighted: false}",
           "{grid: cube-root, bits: 4, granularity: g64, range: {percentile: 99.9}}",
           "{grid: uniform, bits: 4, granularity: {auto: {}}}",
       })
    EXPECT_EQ(problem(yaml, SiteTensor::weight), "") << yaml;
  for (const char* yaml : {
           "{grid: uniform, bits: 8, granularity: token, channel_scale: {smoothquant: {alpha: "
           "0.8}}, except_outliers: 6.0}",
           "{grid: uniform, bits: 8, granularity: tensor, static: true, symmetric: false, "
           "zero_in_range: true, channel_scale: {smoothquant: {alpha: 0.5}}}",
           "{grid: uniform, bits: 8, granularity: token, except_outliers: 6, range: mse}",
           "{grid: nf4, granularity: token}",
       })
    EXPECT_EQ(problem(yaml, SiteTensor::input), "") << yaml;
}

TEST(AxisRules, SayTheReasonAndWhatToWrite) {
  const std::tuple<const char*, SiteTensor, const char*> mistakes[] = {
      {"{grid: nf4, bits: 3, granularity: channel}", SiteTensor::weight,
       "q.yaml:1:19: bits: the levels of grid nf4 are given, and so are their bits; leave bits "
       "out"},
      {"{grid: uniform, bits: 4, granularity: channel, symmetric: false, levels: full}",
       SiteTensor::weight,
       "q.yaml:1:74: levels: an asymmetric grid uses all its levels anyway; leave levels out"},
      {"{grid: uniform, bits: 4, granularity: channel, zero_in_range: true}", SiteTensor::weight,
       "q.yaml:1:63: zero_in_range: a symmetric range always holds 0; leave zero_in_range out, or "
       "write symmetric: false"},
      {"{grid: kmeans, bits: 4, granularity: channel, range: mse}", SiteTensor::weight,
       "q.yaml:1:54: range: levels of kmeans lie where the values are, so there is no range to "
       "choose; leave range out"},
      {"{grid: uniform, bits: 8, granularity: token, static: true}", SiteTensor::input,
       "q.yaml:1:54: static: the range of a calibration set is one for all positions; write "
       "granularity: tensor"},
      {"{grid: uniform, bits: 8, granularity: token, channel_scale: {smoothquant: {}}}",
       SiteTensor::v_cache,
       "q.yaml:1:61: channel_scale: it moves the range of an input into the weights that read it, "
       "and no linear reads a state as it is; leave channel_scale out"},
  };
  for (const auto& [yaml, tensor, message] : mistakes) EXPECT_EQ(problem(yaml, tensor), message);
}

TEST(AxisRules, AreATableForTheReferencePage) {
  const std::string table = axis_rules_markdown();
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'),
            static_cast<Index>(axis_rules().size()) + 2);
  EXPECT_EQ(table.find("{grid}"), std::string::npos);
  for (const AxisRule& rule : axis_rules())
    EXPECT_NE(std::string(rule.reason).find(';'), std::string::npos) << rule.reason;
}

}  // namespace
}  // namespace nf
