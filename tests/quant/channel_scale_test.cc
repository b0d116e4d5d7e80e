#include "quant/channel_scale.h"

#include <gtest/gtest.h>

#include "tests/support/kind_forms.h"

namespace nf {
namespace {

TEST(ChannelScale, ReadsAndWritesItsForms) {
  for (const Json& form : example_forms(channel_scales())) {
    const ChannelScale scale = read_value<ChannelScale>(form);
    EXPECT_EQ(read_value<ChannelScale>(ConfigValue<ChannelScale>::write(scale)), scale) << form;
  }
  EXPECT_EQ(read_value<ChannelScale>("none"), ChannelScale{});
  EXPECT_EQ(ConfigValue<ChannelScale>::write(read_value<ChannelScale>("awq")).dump(),
            R"({"awq":{"steps":20}})");
  EXPECT_EQ(read_value<ChannelScale>({{"smoothquant", {{"alpha", 0.8}}}}).alpha, 0.8);
}

TEST(ChannelScale, RefusesTheRest) {
  const std::pair<const char*, const char*> mistakes[] = {
      {"{smoothquant: {alpha: 1.5}}", "smoothquant.alpha: must be between 0 and 1, is 1.5"},
      {"{awq: {steps: 0}}", "awq.steps: must be between 1 and 1000, is 0"},
      {"{smoothquant: 0.5}", "cannot read '0.5' as a mapping; write {alpha: 0.5}"},
      {"smoothquan", "did you mean 'smoothquant'?"}};
  for (const auto& [yaml, cause] : mistakes) {
    ConfigErrors errors;
    ConfigValue<ChannelScale>::read(parse_good(yaml), errors);
    EXPECT_NE(errors.message().find(cause), std::string::npos) << errors.message();
  }
}

}  // namespace
}  // namespace nf
