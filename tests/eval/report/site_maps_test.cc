#include <gtest/gtest.h>

#include "tests/support/law_support.h"
#include "tests/support/report_runs.h"

namespace nf {
namespace {

ResultRow site_row(const std::string& site, double kl) {
  return law_design_row("alone", "each", site, kl, {{site + ".weight", 0.01}});
}

TEST(SiteMapsSection, NamesThePlacesThatDoMostAndLeast) {
  std::vector<ResultRow> rows = {compared_baseline(16), site_row("layers.0.q_proj", 0.3),
                                 site_row("layers.1.q_proj", 0.05),
                                 site_row("layers.1.o_proj", 0.1)};
  rows[3].kl_floor = 0.09;
  const auto section = section_of("site-maps", input_of_rows(rows));
  ASSERT_TRUE(section);
  EXPECT_TRUE(is_sound(*section));
  EXPECT_TRUE(has(section->html, "layer 0 q_proj (0.300 ["));
  EXPECT_TRUE(has(section->html, "does most, layer 1 q_proj (0.0500 ["));
  EXPECT_TRUE(has(section->html, "1 of 3 are not resolved"));
  ASSERT_EQ(section->figures.size(), 1u);
  EXPECT_EQ(section->figures[0].id, "map");
  EXPECT_TRUE(has(section->figures[0].csv, "m,sensitivity,alone,,1,o_proj,0.0999"));
}

TEST(SiteMapsSection, HasNothingToSayOfWholeModels) {
  EXPECT_FALSE(
      section_of("site-maps", input_of_rows({compared_baseline(16), law_row("w4", 0.1, {})})));
}

}  // namespace
}  // namespace nf
