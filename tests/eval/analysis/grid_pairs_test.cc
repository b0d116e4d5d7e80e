#include "eval/analysis/grid_pairs.h"

#include <gtest/gtest.h>

#include "tests/support/law_support.h"

namespace nf {
namespace {

Json quantizer(const Json& grid, const Json& granularity, bool symmetric = true) {
  return Json::array({{{"tensor", "weight"},
                       {"grid", grid},
                       {"bits", 4},
                       {"symmetric", symmetric},
                       {"granularity", granularity},
                       {"method", "rtn"}}});
}

TEST(GridPairs, DifferInTheGridAlone) {
  const SiteSizes sites = {{"layers.0.q_proj.weight", 0.01}};
  const Json group = {{"group", 64}};
  const std::vector<ResultRow> rows = {
      compared_baseline(16),
      law_row("u", 1.0, sites, quantizer("uniform", "tensor")),
      law_row("p", 0.5, sites, quantizer("power", "tensor")),
      law_row("g", 0.1, sites, quantizer("uniform", group, false)),
      law_row("h", 0.2, sites, quantizer({{"power", 0.5}}, group)),
      law_row("elsewhere", 0.2, {{"layers.1.q_proj.weight", 0.01}}, quantizer("nf4", "tensor"))};
  const std::vector<ModelLines> models = group_rows(rows);
  const std::vector<GridPair> pairs = grid_pairs(models.front());
  ASSERT_EQ(pairs.size(), 2u);
  EXPECT_EQ(pairs[0].uniform->key().name, "u");
  EXPECT_EQ(pairs[0].other->key().name, "p");
  EXPECT_EQ(pairs[0].other_label.scheme(), "W4A16 tensor");
  EXPECT_EQ(pairs[0].other_label.grid, "cube root");
  EXPECT_NEAR(*pairs[0].kl()->ratio->ratio, 0.5, 1e-12);
  EXPECT_EQ(pairs[0].kl()->verdict, Verdict::better);
  EXPECT_EQ(pairs[1].uniform_label.grid, "uniform asym");
  EXPECT_EQ(pairs[1].other_label.grid, "power 0.5");
  EXPECT_EQ(pairs[1].other_label.granularity, "g64");
  EXPECT_EQ(pairs[1].kl()->verdict, Verdict::worse);
}

}  // namespace
}  // namespace nf
