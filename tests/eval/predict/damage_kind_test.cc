#include "eval/predict/damage_kind.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

std::string kind_of(const Json& entries, const Json& vars = Json::object()) {
  RowKey key;
  key.entries = entries;
  key.vars = vars;
  return damage_kind(key);
}

TEST(DamageKind, IsThatOfTheEntries) {
  const Json noise = {{"noise", "gaussian"}, {"strength", {{"relative_l2", 0.1}}}};
  const Json clip = {{"noise", "clip"}, {"quantile", 0.999}};
  const Json rtn = {{"grid", "uniform"}, {"bits", 4}, {"method", "rtn"}};
  Json awq = rtn, smooth = rtn, gptq = rtn;
  awq["channel_scale"] = {{"awq", {{"steps", 20}}}};
  smooth["channel_scale"] = {{"smoothquant", {{"alpha", 0.5}}}};
  gptq["method"] = "gptq";
  EXPECT_EQ(kind_of(Json::array({noise, noise})), "noise");
  EXPECT_EQ(kind_of(Json::array({clip})), "clip");
  EXPECT_EQ(kind_of(Json::array({rtn})), "rtn");
  EXPECT_EQ(kind_of(Json::array({awq})), "awq");
  EXPECT_EQ(kind_of(Json::array({smooth})), "smoothquant");
  EXPECT_EQ(kind_of(Json::array({gptq, rtn})), "gptq+rtn");
  EXPECT_EQ(kind_of(Json::array({rtn}), {{"twin", "resigned"}}), "twin");
  EXPECT_EQ(kind_of(Json::array({rtn}), {{"twin", ""}}), "rtn");
  EXPECT_EQ(kind_of(Json::array()), "");
}

}  // namespace
}  // namespace nf
