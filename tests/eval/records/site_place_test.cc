#include "eval/records/site_place.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

TEST(SitePlace, HasThePartsOfASitesName) {
  const auto parts = [](std::string_view site) {
    const SitePlace place = site_place(site);
    return place.layer + "|" + place.role + "|" + place.tensor;
  };
  EXPECT_EQ(parts("layers.3.q_proj.weight"), "3|q_proj|weight");
  EXPECT_EQ(parts("layers.12.down_proj.input"), "12|down_proj|input");
  EXPECT_EQ(parts("layers.0.resid"), "0||resid");
  EXPECT_EQ(parts("lm_head.weight"), "|lm_head|weight");
  EXPECT_EQ(parts("embed_tokens.weight"), "|embed_tokens|weight");
  EXPECT_EQ(parts(""), "||");
}

}  // namespace
}  // namespace nf
