#include "quant/build_quantizer.h"

#include <gtest/gtest.h>

#include "quant/awq_search.h"
#include "tests/quant/quantizer_test_data.h"
#include "tests/support/gather_statistics.h"
#include "tests/support/random_matrix.h"

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

TEST(BuildQuantizer, AnAxisIsChosenInScaledCoordinates) {
  std::vector<Matrix> windows, weights;
  windows.push_back(random_matrix(40, 24, 2));
  weights.push_back(random_matrix(32, 24, 1));
  const InputStatisticsPtr inputs =
      gather_statistics({.ranges = true, .second_moment = true}, windows);
  DistortionContext context{.site = {.layer = 0, .role = Role::down_proj}, .inputs = inputs.get()};
  const TensorReaders readers{{context.site}, {weights[0]}};
  const auto choice_of = [&](const char* granularity) {
    return make_quantizer(fmt::format("{{grid: uniform, bits: 3, symmetric: false, granularity: "
                                      "{}, channel_scale: awq}}",
                                      granularity))
        ->choose(readers, context);
  };
  const TensorChoicePtr choice = choice_of("{adaptive: 8}"), groups = choice_of("{group: 8}");
  EXPECT_EQ(dynamic_cast<const AwqChoice&>(*choice).losses,
            dynamic_cast<const AwqChoice&>(*groups).losses);  // the axis is chosen later
  context.choice = choice.get();
  Matrix out(32, 24);
  const Json notes = make_quantizer(
                         "{grid: uniform, bits: 3, symmetric: false, granularity: {adaptive: 8}, "
                         "channel_scale: awq}")
                         ->apply(weights[0], context, out)
                         .notes;
  EXPECT_TRUE(notes.contains("axis"));
  EXPECT_TRUE(notes.contains("ratio"));
}

}  // namespace
}  // namespace nf
