#include "quant/build_quantizer.h"

#include <gtest/gtest.h>

#include "tests/quant/quantizer_test_data.h"

namespace nf {
namespace {

std::string config_of(const std::string& yaml, SiteTensor tensor = SiteTensor::weight) {
  return make_quantizer(yaml, tensor)->config().dump();
}

TEST(BuildQuantizer, ConfigIsCompleteAndCanBeReadAgain) {
  for (const char* yaml :
       {"{grid: uniform, bits: 4, granularity: {adaptive: 64}, symmetric: false, zero_in_range: "
        "true, channel_scale: {awq: {steps: 10}}}",
        "{grid: nf4, granularity: {adaptive: 32, error_at: site}}",
        "{grid: uniform, bits: 3, granularity: channel, levels: full, range: {percentile: 99.5}}",
        "{grid: kmeans, bits: 3, granularity: {auto: {coarsest: 128}}}",
        "{grid: uniform, bits: 4, granularity: tensor, range: awq, channel_scale: {smoothquant: "
        "{alpha: 0.8}}}"}) {
    const std::string config = config_of(yaml);
    EXPECT_EQ(config_of(config), config) << yaml;
  }
  EXPECT_EQ(config_of("{grid: uniform, bits: 8, granularity: token, except_outliers: 5, "
                      "channel_scale: smoothquant}",
                      SiteTensor::input),
            R"({"grid":"uniform","bits":8,"granularity":"token","symmetric":true,"method":"rtn",)"
            R"("channel_scale":{"smoothquant":{"alpha":0.5}},"except_outliers":5.0})");
}

TEST(BuildQuantizer, DefaultsOfLaterAxesAreNoPartOfAnEntrysIdentity) {
  EXPECT_EQ(config_of("{grid: uniform, bits: 4, granularity: channel, levels: balanced, range: "
                      "minmax, zero_in_range: false, channel_scale: none, static: false}"),
            R"({"grid":"uniform","bits":4,"granularity":"channel","symmetric":true,)"
            R"("method":"rtn"})");
}

TEST(BuildQuantizer, AsksForWhatItsPartsAskFor) {
  const auto needs = [](const std::string& keys, SiteTensor tensor) {
    return make_quantizer("{grid: uniform, bits: 4, " + keys + "}", tensor)->input_needs(tensor);
  };
  constexpr SiteTensor kWeight = SiteTensor::weight, kInput = SiteTensor::input;
  EXPECT_TRUE(needs("granularity: channel, range: mse", kWeight).empty());
  EXPECT_EQ(needs("granularity: channel, range: awq", kWeight), InputNeeds{.sample = true});
  EXPECT_EQ(needs("granularity: tensor, static: true", kInput), InputNeeds{.ranges = true});
  EXPECT_EQ(needs("granularity: token, channel_scale: smoothquant, except_outliers: 6", kInput),
            (InputNeeds{.ranges = true, .weight_ranges = true}));
  EXPECT_TRUE(needs("granularity: {adaptive: 64}, range: awq", kWeight).sample);
  EXPECT_TRUE(needs("granularity: {adaptive: 64}, range: awq", kWeight).replay);
  EXPECT_TRUE(needs("granularity: {auto: {}}", kWeight).empty());
  EXPECT_TRUE(
      make_quantizer("{grid: uniform, bits: 4, granularity: g64, channel_scale: awq}")->chooses());
}

}  // namespace
}  // namespace nf
