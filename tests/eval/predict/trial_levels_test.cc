#include "eval/predict/trial_levels.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

TEST(TrialLevels, PlaceIsWhereEachHasItDistort) {
  const RowKey site{.id = "i",
                    .name = "a",
                    .vars = {{"site", "layers.3.q_proj"}},
                    .design = {.kind = "each", .factor = "site"}};
  EXPECT_EQ(trial_level(site, "layer"), "3");
  EXPECT_EQ(trial_level(site, "role"), "q_proj");
  const RowKey layer{.id = "i",
                     .name = "a",
                     .vars = {{"layer", 2}},
                     .design = {.kind = "each", .factor = "layer"}};
  EXPECT_EQ(trial_level(layer, "layer"), "2");
  EXPECT_EQ(trial_level(layer, "role"), "");
  const RowKey rest{.id = "i",
                    .name = "a",
                    .vars = {{"layer", 2}},
                    .design = {.kind = "leave_one_out", .factor = "layer"}};
  EXPECT_EQ(trial_level(rest, "layer"), "");
}

TEST(TrialLevels, FamilyAndMethodAreThoseOfAllEntries) {
  const Json gaussian = {{"tensor", "weight"}, {"noise", "gaussian"}};
  const Json laplace = {{"tensor", "input"}, {"noise", "laplace"}};
  const Json rtn = {{"tensor", "weight"}, {"grid", "uniform"}, {"method", "rtn"}};
  const Json awq = {
      {"tensor", "weight"}, {"grid", "uniform"}, {"channel_scale", {{"awq", {{"steps", 20}}}}}};
  const auto level = [](const Json& entries, const char* factor) {
    return trial_level({.id = "i", .name = "a", .entries = entries}, factor);
  };
  EXPECT_EQ(level(Json::array({gaussian, gaussian}), "noise_family"), "gaussian");
  EXPECT_EQ(level(Json::array({gaussian, laplace}), "noise_family"), "");
  EXPECT_EQ(level(Json::array({rtn}), "method"), "rtn");
  EXPECT_EQ(level(Json::array({awq}), "method"), "rtn awq");
  EXPECT_EQ(level(Json::array({rtn}), "noise_family"), "");
  EXPECT_EQ(level(Json::array(), "method"), "");
}

}  // namespace
}  // namespace nf
