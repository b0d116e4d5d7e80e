#include "eval/predict/site_size.h"

#include <gtest/gtest.h>

#include "tests/support/law_support.h"

namespace nf {
namespace {

RowKey key_of(const Json& entries) {
  RowKey key;
  key.entries = entries;
  return key;
}

TEST(SiteSize, HasThreeMeasures) {
  ResultRow row = law_row("w4", 1.0, {});
  row.sites = {law_site("a.weight", 0.01, 0.04)};
  EXPECT_NEAR(site_sizes(row, SizeMeasure::l2)->at("a.weight"), 0.01, 1e-15);
  EXPECT_NEAR(site_sizes(row, SizeMeasure::output_error)->at("a.weight"), 0.04, 1e-15);
  EXPECT_NEAR(site_sizes(row, SizeMeasure::both)->at("a.weight"), 0.02, 1e-15);
}

TEST(SiteSize, IsMissingWhereOneSiteLacksTheMeasure) {
  ResultRow row = law_row("w4", 1.0, {{"b.weight", 0.01}});
  row.sites.push_back(law_site("a.weight", 0.01, 0.04));
  EXPECT_TRUE(site_sizes(row, SizeMeasure::l2));
  EXPECT_FALSE(site_sizes(row, SizeMeasure::output_error));
  EXPECT_FALSE(site_sizes(row, SizeMeasure::both));
  row.status = Status::failed;
  EXPECT_FALSE(site_sizes(row, SizeMeasure::l2));
}

TEST(SiteSize, KnowsNoiseOfAGivenSize) {
  RowKey key = key_of(kLawNoise);
  EXPECT_TRUE(is_sized_noise(key));
  EXPECT_FALSE(is_noise_of_each(key));
  key.design.kind = "each";
  EXPECT_TRUE(is_noise_of_each(key));
  key.vars["twin"] = "";
  EXPECT_TRUE(is_sized_noise(key));
  key.vars["twin"] = "resigned";
  EXPECT_FALSE(is_sized_noise(key));
  const auto is_noise = [](const Json& entry) {
    return is_sized_noise(key_of(Json::array({entry})));
  };
  EXPECT_FALSE(is_noise({{"noise", "clip"}, {"quantile", 0.999}}));
  EXPECT_FALSE(is_noise({{"noise", "gaussian"}, {"strength", 1}, {"keep", "small"}}));
  EXPECT_FALSE(is_sized_noise(key_of(kLawQuantizer)));
  EXPECT_FALSE(is_sized_noise(key_of(Json::array())));
}

/// As relative_l2 and output_error have it.
TEST(SiteSize, OfAnInputIsThatOnTheCalibrationSet) {
  ResultRow row = law_row("noise", 0.1, {{"layers.0.q_proj.input", 0.04}});
  PredictorSums& sums = row.sites[0].predictor.emplace();
  sums.on_calibration.emplace();
  sums.on_calibration->sum_x2 = 10.0;
  sums.on_calibration->sum_d2 = 0.1;
  EXPECT_NEAR(site_sizes(row, SizeMeasure::l2)->at("layers.0.q_proj.input"), 0.01, 1e-15);
}

TEST(SiteSize, NoiseOfAFewValuesOrOfAnotherErrorIsNoneOfAGivenSize) {
  RowKey key;
  for (const char* kind : {"outliers_only", "permuted", "resigned"}) {
    key.entries = kLawNoise;
    EXPECT_TRUE(is_sized_noise(key));
    key.entries[0]["noise"] = kind;
    EXPECT_FALSE(is_sized_noise(key)) << kind;
  }
}

}  // namespace
}  // namespace nf
