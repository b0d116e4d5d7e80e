#include "eval/analysis/twin_ratios.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "tests/support/twin_rows.h"

namespace nf {
namespace {

std::vector<TwinGroup> groups_of(const std::vector<ResultRow>& rows) {
  static std::vector<ResultRow> kept;  // groups point into lines, lines into rows
  static std::vector<ModelLines> models;
  kept = rows;
  models = group_rows(kept);
  return twin_groups(models.front());
}

/// The only group's twins by kind.
std::map<std::string, TwinRatio> ratios_of(const std::vector<ResultRow>& rows) {
  std::map<std::string, TwinRatio> ratios;
  for (const TwinGroup& group : groups_of(rows))
    for (const TwinRatio& twin : group.twins) ratios.emplace(twin.kind, twin);
  return ratios;
}

TEST(TwinRatios, AreTheTrialsKlOverTheTwins) {
  const auto ratios =
      ratios_of({twin_baseline(), twin_row("", twin_kl(0.3, 0.001)),
                 twin_row("permuted", twin_kl(0.3)), twin_row("small_part", twin_kl(0.1))});
  ASSERT_EQ(ratios.size(), 2u);
  const TwinRatio& permuted = ratios.at("permuted");
  EXPECT_NEAR(*permuted.ratio, 1.0, 1e-12);
  EXPECT_NEAR(permuted.kl.mean.mean, 0.3, 1e-12);
  EXPECT_EQ(permuted.verdict, TwinVerdict::not_matter);
  const TwinRatio& part = ratios.at("small_part");
  EXPECT_NEAR(*part.ratio, 3.0, 1e-12);
  EXPECT_LT(part.interval->low, 3.0);
  EXPECT_GT(part.interval->high, 3.0);
  EXPECT_LT(*part.p_holm, 0.05);
  EXPECT_EQ(part.verdict, TwinVerdict::matters);
  EXPECT_EQ(part.note, "");
}

/// The text that both find hard drops out of the ratio: its interval is far narrower than those of
/// the two KLs.
TEST(TwinRatios, PairBlocks) {
  const auto ratios = ratios_of(
      {twin_baseline(), twin_row("", twin_kl(0.3, 0.001)), twin_row("permuted", twin_kl(0.25))});
  const TwinRatio& twin = ratios.at("permuted");
  EXPECT_GT(twin.kl.interval->high / twin.kl.interval->low, 1.2);
  EXPECT_LT(twin.interval->high / twin.interval->low, 1.01);
}

TEST(TwinRatios, PairSeeds) {
  std::vector<ResultRow> rows = {twin_baseline()};
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    const double draw = 0.2 + 0.1 * static_cast<double>(seed);  // both share it
    rows.push_back(twin_row("", twin_kl(2.0 * draw, 0.001 * static_cast<double>(seed + 1)), seed));
    rows.push_back(twin_row("resigned", twin_kl(draw), seed));
  }
  const auto ratios = ratios_of(rows);
  const TwinRatio& twin = ratios.at("resigned");
  EXPECT_EQ(twin.kl.mean.seeds, 3);
  EXPECT_NEAR(*twin.ratio, 2.0, 1e-9);
  EXPECT_LT(twin.interval->high / twin.interval->low, 1.05);
  EXPECT_EQ(twin.note, "");
}

TEST(TwinRatios, OfADrawFreeTrialHoldTheSeedsOfTheTwin) {
  std::vector<ResultRow> rows = {twin_baseline(), twin_row("", twin_kl(0.3, 0.001))};
  rows.push_back(rows.back());  // a repeat that draws nothing: the same id
  rows.back().key.seed = 1;
  for (std::uint64_t seed = 0; seed < 3; ++seed)
    rows.push_back(twin_row("resigned", twin_kl(0.2 + 0.05 * static_cast<double>(seed)), seed));
  const TwinRatio twin = ratios_of(rows).at("resigned");
  EXPECT_EQ(twin.kl.mean.seeds, 3);
  EXPECT_NEAR(*twin.ratio, 0.3 / 0.25, 1e-9);
  EXPECT_GT(twin.interval->high / twin.interval->low, 1.5) << "t[2] = 4.3";
  EXPECT_EQ(twin.verdict, TwinVerdict::not_resolved);
}

TEST(TwinRatios, OfOneDrawSaySo) {
  const auto ratios =
      ratios_of({twin_baseline(), twin_row("", twin_kl(0.3, 0.001)),
                 twin_row("permuted", twin_kl(0.3)), twin_row("debiased", twin_kl(0.3, 0.002))});
  EXPECT_EQ(ratios.at("permuted").note, "one draw of the twin, of which the interval speaks");
  EXPECT_EQ(ratios.at("debiased").note, "") << "it draws nothing";
}

TEST(TwinRatios, AreLeftOutWhereKlIsOfTheFloor) {
  std::vector<ResultRow> rows = {twin_baseline(), twin_row("", twin_kl(0.3)),
                                 twin_row("clipping_part", twin_kl(0.0)),
                                 twin_row("rounding_part", twin_kl(3e-5))};
  for (ResultRow& row : rows) row.kl_floor = 1e-5;
  const auto ratios = ratios_of(rows);
  EXPECT_FALSE(ratios.at("clipping_part").ratio);
  EXPECT_EQ(ratios.at("clipping_part").note, "KL of the twin is 0");
  EXPECT_FALSE(ratios.at("rounding_part").ratio);
  EXPECT_EQ(ratios.at("rounding_part").note, "KL of the twin is below 4 floors");
  EXPECT_EQ(ratios.at("rounding_part").verdict, TwinVerdict::not_resolved);
}

/// A trial that does next to nothing against a twin that does much is a finding.
TEST(TwinRatios, AreThereWhereTheTrialIsOfTheFloor) {
  std::vector<ResultRow> rows = {twin_baseline(), twin_row("", twin_kl(3e-5)),
                                 twin_row("debiased", twin_kl(0.3, 0.002))};
  for (ResultRow& row : rows) row.kl_floor = 1e-5;
  const TwinRatio little = ratios_of(rows).at("debiased");
  EXPECT_NEAR(*little.ratio, 1e-4, 1e-6);
  EXPECT_TRUE(little.interval);
  EXPECT_EQ(little.verdict, TwinVerdict::matters);
  EXPECT_EQ(little.note, "KL of the trial is below 4 floors");
  rows[1] = twin_row("", twin_kl(0.0));
  const TwinRatio none = ratios_of(rows).at("debiased");
  EXPECT_EQ(none.ratio, 0.0);
  EXPECT_FALSE(none.interval);
  EXPECT_EQ(none.note, "KL of the trial is 0");
}

TEST(TwinRatios, OfEqualRowsAreOne) {
  const auto ratios = ratios_of(
      {twin_baseline(), twin_row("", twin_kl(0.3)), twin_row("rounding_part", twin_kl(0.3))});
  const TwinRatio& twin = ratios.at("rounding_part");
  EXPECT_EQ(*twin.ratio, 1.0);
  EXPECT_EQ(twin.interval->low, 1.0);
  EXPECT_EQ(twin.verdict, TwinVerdict::not_matter);
  EXPECT_EQ(twin.note, "equal bit for bit");
}

TEST(TwinRatios, OfATwinThatMovedNothingSayNothing) {
  const auto ratios =
      ratios_of({twin_baseline(), twin_row("", twin_kl(0.3)), twin_row("permuted", twin_kl(0.3))});
  const TwinRatio& twin = ratios.at("permuted");
  EXPECT_EQ(*twin.ratio, 1.0);
  EXPECT_EQ(twin.verdict, TwinVerdict::not_resolved);
  EXPECT_TRUE(twin.note.starts_with("equal bit for bit: the twin changed nothing")) << twin.note;
}

TEST(TwinRatios, OfFewBlocksHaveNoInterval) {
  const auto ratios = ratios_of({twin_baseline(4), twin_row("", twin_kl(0.3, 0.0, 4)),
                                 twin_row("permuted", twin_kl(0.1, 0.01, 4))});
  EXPECT_NEAR(*ratios.at("permuted").ratio, 3.0, 1e-9);
  EXPECT_FALSE(ratios.at("permuted").interval);
  EXPECT_EQ(ratios.at("permuted").note, "needs 8 blocks, has 4");
  EXPECT_EQ(ratios.at("permuted").verdict, TwinVerdict::not_resolved);
}

TEST(TwinRatios, WithoutTheTrialSayWhy) {
  EXPECT_EQ(ratios_of({twin_baseline(), twin_row("permuted", twin_kl(0.1))}).at("permuted").note,
            "the trial has not run");
  ResultRow failed = twin_row("", {});
  failed.status = Status::failed;
  EXPECT_EQ(
      ratios_of({twin_baseline(), failed, twin_row("permuted", twin_kl(0.1))}).at("permuted").note,
      "the trial failed");
  failed.key = twin_row("permuted", {}).key;
  EXPECT_TRUE(groups_of({twin_baseline(), twin_row("", twin_kl(0.1)), failed}).empty());
}

TEST(TwinRatios, AreOfOnePointEach) {
  std::vector<ResultRow> rows = {twin_baseline()};
  for (const int bits : {3, 4})
    for (const char* twin : {"", "permuted"})
      rows.push_back(
          twin_row(twin, twin_kl(1.0 / bits, *twin == 0 ? 0.001 : 0.0), 0, {{"bits", bits}}));
  const std::vector<TwinGroup> groups = groups_of(rows);
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups[0].key.vars, Json({{"bits", 3}}));
  EXPECT_NEAR(*groups[0].twins.at(0).ratio, 1.0, 1e-9);
  EXPECT_NEAR(*groups[1].twins.at(0).ratio, 1.0, 1e-9);
}

/// Rows of SyntheticKl: the text's share is common, the rest each row's own.
struct PlantedRows {
  SyntheticKl common{1.5, 0.3, 3}, own{1.5, 0.3, 5};

  std::vector<ResultRow> rows(const std::vector<std::pair<std::string, double>>& damage,
                              Index blocks, Index seeds) {
    std::vector<double> text;
    for (const BlockSum& block : common.blocks(blocks)) text.push_back(block.sum / block.tokens);
    std::vector<ResultRow> rows = {twin_baseline(blocks)};
    for (const auto& [twin, mean] : damage) {
      for (Index seed = 0; seed < (twin.empty() ? 1 : seeds); ++seed) {
        const double draw = twin.empty() ? 1.0 : 1.0 + 0.05 * own.normal();
        std::vector<double> kl;
        for (const double of_text : text) {
          const BlockSum other = own.block();
          kl.push_back(mean * draw * (0.8 * of_text + 0.2 * other.sum / other.tokens));
        }
        rows.push_back(twin_row(twin, kl, static_cast<std::uint64_t>(seed)));
      }
    }
    return rows;
  }
};

/// Damage that goes by the bias alone: what keeps the bias does as much as the trial, what destroys
/// it does half.
TEST(TwinRatios, TellThePlantedProperty) {
  PlantedRows planted;
  const auto ratios = ratios_of(planted.rows({{"", 0.2},
                                              {"permuted_by_size", 0.2},
                                              {"off_gain", 0.2},
                                              {"debiased", 0.1},
                                              {"resigned", 0.1}},
                                             512, 5));
  for (const char* kind : {"permuted_by_size", "off_gain"})
    EXPECT_EQ(verdict_text(ratios.at(kind).verdict), "does not matter") << kind;
  for (const char* kind : {"debiased", "resigned"})
    EXPECT_EQ(verdict_text(ratios.at(kind).verdict), "matters") << kind;
}

/// Damage that goes by the size alone: after Holm at most 16 of 200 trials have a twin that is
/// different beyond chance (5 % expected, and 4 standard deviations).
TEST(TwinRatios, FindNothingWhereNothingMatters) {
  PlantedRows planted;
  Index found = 0;
  for (int run = 0; run < 200; ++run) {
    const auto ratios = ratios_of(planted.rows(
        {{"", 0.2}, {"gaussian", 0.2}, {"permuted", 0.2}, {"resigned", 0.2}, {"debiased", 0.2}}, 16,
        3));
    bool any = false;
    for (const auto& [kind, twin] : ratios) any = any || *twin.p_holm < 0.05;
    found += any ? 1 : 0;
  }
  EXPECT_LE(found, 16);
}

}  // namespace
}  // namespace nf
