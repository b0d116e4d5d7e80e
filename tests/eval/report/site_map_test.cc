#include "eval/report/site_map.h"

#include <gtest/gtest.h>

#include "tests/support/law_support.h"

namespace nf {
namespace {

ResultRow site_row(const std::string& kind, const std::string& site, double kl) {
  return law_design_row("alone", kind, site, kl, {{site + ".weight", 0.01}});
}

TEST(SiteMaps, AreByLayerAndRole) {
  std::vector<ResultRow> rows = {compared_baseline(16), site_row("each", "layers.10.q_proj", 0.3),
                                 site_row("each", "layers.2.q_proj", 0.2),
                                 site_row("each", "layers.2.o_proj", 0.1),
                                 site_row("leave_one_out", "layers.2.o_proj", 0.5)};
  rows[3].kl_floor = 0.09;
  const std::vector<ModelLines> models = group_rows(rows);
  const std::vector<SiteMap> maps = site_maps(models.front(), {});
  ASSERT_EQ(maps.size(), 1u) << "a map of one cell is none";
  EXPECT_EQ(maps[0].kind, MapKind::sensitivity);
  EXPECT_EQ(maps[0].trial, "alone");
  EXPECT_EQ(maps[0].layers, (std::vector<std::string>{"2", "10"})) << "numbers by size";
  EXPECT_EQ(maps[0].roles, (std::vector<std::string>{"q_proj", "o_proj"}));
  const MapCell& most = maps[0].cells.at({"10", "q_proj"});
  EXPECT_NEAR(*most.value, 0.3, 1e-12);
  EXPECT_TRUE(most.resolved);
  const MapCell& least = maps[0].cells.at({"2", "o_proj"});
  EXPECT_FALSE(least.resolved);
  EXPECT_EQ(least.note, "may be rounding alone");
}

TEST(SiteMaps, KeepThePlaceOfWhatFailed) {
  std::vector<ResultRow> rows = {compared_baseline(16), site_row("each", "layers.0.q_proj", 0.3),
                                 site_row("each", "layers.1.q_proj", 0.2)};
  rows[2].status = Status::failed;
  const std::vector<ModelLines> models = group_rows(rows);
  const std::vector<SiteMap> maps = site_maps(models.front(), {});
  ASSERT_EQ(maps.size(), 1u);
  EXPECT_EQ(maps[0].cells.at({"1", "q_proj"}).note, "failed");
  EXPECT_FALSE(maps[0].cells.at({"1", "q_proj"}).value);
}

}  // namespace
}  // namespace nf
