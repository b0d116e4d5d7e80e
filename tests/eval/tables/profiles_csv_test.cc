#include "eval/tables/profiles_csv.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "eval/tables/profile_table.h"
#include "eval/tables/site_values.h"
#include "tests/support/random_matrix.h"

namespace nf {
namespace {

constexpr Index kRows = 12, kChannels = 10;

/// Normal values with one channel 40 times as large, and one massive value at position 0.
ValueProfile outlying(std::uint64_t salt) {
  Matrix x = random_matrix(kRows, kChannels, salt);
  for (Index r = 0; r < kRows; ++r) x(r, 7) *= 40.0f;
  x(0, 2) = -1000.0f;
  ValueProfile values;
  values.add_window(0, x);
  return values;
}

TrialProfile profile() {
  TrialProfile profile{.model = "m", .trial = "baseline", .id = "i", .text = kDataText};
  for (const char* site : {"layers.0.q_proj.input", "layers.1.q_proj.input"})
    profile.parts.sites.push_back({site, outlying(profile.parts.sites.size())});
  profile.parts.attention.push_back(
      {.site = "layers.0.attention",
       .queries = 4,
       .sums = {Index{1} << 40, Index{3} << 40}});  // in steps of 2^-40
  profile.super_weights.push_back({.site = "layers.1.down_proj.weight",
                                   .row = 3,
                                   .column = 9,
                                   .weight = 2.0,
                                   .input = 50.0,
                                   .output = 101.0,
                                   .share = 0.99,
                                   .tokens = 10,
                                   .kl = 1.5,
                                   .control = 0.001});
  return profile;
}

TEST(ProfilesCsv, HasARowForEachFigure) {
  const std::string csv = profiles_csv({profile()});
  const auto has = [&csv](const std::string& row) {
    return csv.find('\n' + row + '\n') != std::string::npos;
  };
  EXPECT_TRUE(csv.starts_with("model,trial,text,site,layer,role,tensor,statistic,index,value\n"));
  const std::string site = "m,baseline,data,layers.0.q_proj.input,0,q_proj,input,";
  EXPECT_TRUE(has(site + "count,,120")) << csv;
  EXPECT_TRUE(has(site + "windows,,1"));
  EXPECT_TRUE(has(site + "min,,-1000"));
  EXPECT_TRUE(has(site + "max_abs_position_0,,1000"));
  EXPECT_TRUE(has(site + "max_abs_by_channel,2,1000"));
  EXPECT_TRUE(has(site + "max_abs_by_position,0,1000"));
  EXPECT_TRUE(has(site + "histogram,9,1"));
  EXPECT_TRUE(has("m,baseline,data,*.q_proj.input,,q_proj,input,outlier_layers,7,2"));
  EXPECT_TRUE(has("m,baseline,data,layers.0.attention,0,,attention,attention_position_0,1,0.75"));
  EXPECT_TRUE(
      has("m,baseline,data,layers.1.down_proj.weight,1,down_proj,weight,"
          "super_weight_kl_zeroed,3:9,1.5"));
}

TEST(SiteValues, SayWhatOneRangeLoses) {
  const ValueProfile values = outlying(3);
  const SiteValues figures = site_values(values, false);
  std::vector<float> maxima = values.channel_max();
  std::sort(maxima.begin(), maxima.end());
  EXPECT_DOUBLE_EQ(figures.range_lost,
                   std::log2(1000.0 / static_cast<double>(maxima[kChannels / 2])));
  EXPECT_EQ(figures.max_abs, 1000.0);
  EXPECT_LT(figures.max_abs_rest, 1000.0);
  EXPECT_GE(figures.beyond_6, 1.0);
  EXPECT_EQ(figures.beyond_6_sigma, 1.0);
  EXPECT_GT(figures.to_zero_8bit, 0.5);
  const auto outliers = outlier_channels(values.channel_max());
  ASSERT_EQ(outliers.size(), 2u);
  EXPECT_EQ(outliers[0].first, 2);
  EXPECT_EQ(outliers[1].first, 7);
}

TEST(ProfileTable, TellsWhatStandsOut) {
  const std::string text = profile_text({profile()}, 0);
  for (const char* part :
       {"q_proj.input", "outlying channels of q_proj.input in several layers: 2 (2 of 2 layers)",
        "attention on position 0: 50.0 % of all on average, 75.0 % at most (layers.0.attention, "
        "head 1); 1 of 2 heads give it half or more",
        "layers.1.down_proj.weight[3, 9] = 2.00", "a super weight"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
}

}  // namespace
}  // namespace nf
