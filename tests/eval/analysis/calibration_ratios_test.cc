#include "eval/analysis/calibration_ratios.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/twin_rows.h"

namespace nf {
namespace {

/// A row of the trial "gptq" made from a set, its nll above the baseline's by `kl` as well.
ResultRow made_from(const std::string& set, const std::vector<double>& kl, std::uint64_t seed = 0,
                    const std::string& name = "gptq") {
  ResultRow row = twin_row("", kl, seed);
  row.key = {.id = name + set + std::to_string(seed),
             .name = name,
             .model = "m",
             .seed = seed,
             .vars = {{"bits", 4}, {"set", set}},
             .entries = {{{"tensor", "weight"}, {"method", name}, {"calibration", set}}}};
  for (WindowSums& window : row.windows) window.sums.nll += window.sums.kl;
  row.text = add_up(row.windows);
  return row;
}

std::vector<CalibrationGroup> groups_of(std::vector<ResultRow> rows) {
  static std::vector<ResultRow> kept;  // groups point into lines, lines into rows
  static std::vector<ModelLines> models;
  kept = std::move(rows);
  models = group_rows(kept);
  return calibration_groups(models.front(), {"english", "junk", "ref"});
}

TEST(CalibrationRatios, AreOverTheReferenceSet) {
  const auto groups =
      groups_of({twin_baseline(), made_from("junk", twin_kl(0.4, 0.001)),
                 made_from("ref", twin_kl(0.2)), made_from("english", twin_kl(0.2, 0.001))});
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups[0].label, "gptq bits=4");
  const std::vector<CalibrationCell>& cells = groups[0].cells;
  ASSERT_EQ(cells.size(), 3u);
  EXPECT_EQ(cells[0].set, "junk");
  EXPECT_NEAR(*cells[0].kl.ratio, 2.0, 1e-12);
  EXPECT_LT(*cells[0].kl.p, 0.001);
  EXPECT_NEAR(*cells[0].perplexity.ratio, std::exp(0.2), 1e-12);
  EXPECT_GT(cells[0].perplexity.interval->low, 1.1);
  EXPECT_TRUE(cells[1].is_reference);
  EXPECT_EQ(cells[1].kl.ratio, 1.0);
  EXPECT_NEAR(*cells[2].kl.ratio, 1.0, 1e-12);
  EXPECT_GT(*cells[2].kl.p, 0.5);
}

TEST(CalibrationRatios, AreOverTheFirstSetWhereNoneIsCalledReference) {
  const auto groups = groups_of({twin_baseline(), made_from("english", twin_kl(0.2)),
                                 made_from("junk", twin_kl(0.4, 0.001))});
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_TRUE(groups[0].cells[0].is_reference);
  EXPECT_EQ(groups[0].cells[0].set, "english");
}

/// A set is known by its entry, or by a value of the sweep: round-to-nearest looks at none, and its
/// lines are one.
TEST(CalibrationRatios, OfAMethodThatLooksAtNoSetAreOne) {
  std::vector<ResultRow> rows = {twin_baseline()};
  for (const char* set : {"ref", "junk"}) {
    rows.push_back(made_from(set, twin_kl(0.3), 0, "rtn"));
    rows.back().key.entries[0].erase("calibration");
  }
  const auto groups = groups_of(rows);
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups[0].cells[1].kl.ratio, 1.0);
  EXPECT_EQ(groups[0].cells[1].kl.note, "equal bit for bit");
}

TEST(CalibrationRatios, HoldTrialsOfDifferentNamesWhereNothingElseDiffers) {
  std::vector<ResultRow> rows = {twin_baseline()};
  const std::pair<const char*, const char*> trials[] = {
      {"a", "ref"}, {"b", "junk"}, {"elsewhere", "english"}};
  for (const auto& [name, set] : trials) {
    rows.push_back(made_from(set, twin_kl(0.3, 0.001), 0, name));
    rows.back().key.vars = Json::object();
    rows.back().key.entries[0]["method"] = "gptq";
    rows.back().sites = {{.site = name == std::string("elsewhere") ? "layers.1.o_proj.weight"
                                                                   : "layers.0.o_proj.weight"}};
  }
  const auto groups = groups_of(rows);
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups[0].cells.size(), 2u) << "the third is made at another site";
}

TEST(CalibrationRatios, AreNoneOfOneSet) {
  EXPECT_TRUE(groups_of({twin_baseline(), made_from("ref", twin_kl(0.2))}).empty());
}

}  // namespace
}  // namespace nf
