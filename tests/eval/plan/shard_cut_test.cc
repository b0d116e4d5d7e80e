#include "eval/plan/shard_cut.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace nf {
namespace {

/// Conditions that take so many seconds, behind a baseline of one.
std::vector<CutUnit> units_of(const std::vector<double>& seconds) {
  std::vector<CutUnit> units;
  for (const double each : seconds)
    units.push_back({.own = {.text = each}, .baseline = {.text = units.empty() ? 0.0 : 1.0}});
  units.front().own.text += 1.0;
  return units;
}

std::vector<Index> ends_of(const std::vector<CutRange>& cut) {
  std::vector<Index> ends;
  for (const CutRange& range : cut) ends.push_back(range.last);
  return ends;
}

/// The largest shard in the mean one.
double unevenness(const std::vector<CutUnit>& units, const std::vector<CutRange>& cut) {
  double most = 0.0, all = 0.0, count = 0.0;
  for (const CutRange& range : cut) {
    const double each = range_cost(units, range.first, range.last).all.on(range.texts);
    most = std::max(most, each);
    all += each * static_cast<double>(range.texts);
    count += static_cast<double>(range.texts);
  }
  return most * count / all;
}

TEST(ShardCut, IsByCostAndNotByCount) {
  // As many in each half would be 5 seconds against 33.
  const std::vector<double> seconds = {1, 1, 1, 1, 8, 8, 8, 8};
  const std::vector<CutUnit> units = units_of(seconds);
  EXPECT_EQ(ends_of(cut_units(units, 2, ShardBy::trials, 1)), (std::vector<Index>{6, 8}));
}

TEST(ShardCut, HoldsEveryUnitOnceWhateverTheNumber) {
  std::vector<double> seconds;
  for (int i = 0; i < 57; ++i) seconds.push_back(1.0 + i * 7 % 11);
  const std::vector<CutUnit> units = units_of(seconds);
  for (const ShardBy by : {ShardBy::trials, ShardBy::text, ShardBy::both})
    for (Index count = 1; count <= 70; ++count) {
      const std::vector<CutRange> cut = cut_units(units, count, by, 16);
      Index last = 0, shards = 0;
      for (const CutRange& range : cut) {
        EXPECT_EQ(range.first, last);
        EXPECT_LT(range.first, range.last);
        EXPECT_LE(range.texts, by == ShardBy::trials ? 1 : 16);
        last = range.last;
        shards += range.texts;
      }
      EXPECT_EQ(last, 57) << count;
      const Index most = by == ShardBy::trials ? 57 : by == ShardBy::text ? 16 : 57 * 16;
      EXPECT_EQ(shards, std::min(count, most)) << count;
    }
}

TEST(ShardCut, IsEvenWhereTheUnitsAllowIt) {
  std::vector<double> seconds;
  for (int i = 0; i < 400; ++i) seconds.push_back(0.5 + i * 37 % 101 / 50.0);
  const std::vector<CutUnit> units = units_of(seconds);
  for (const Index count : {2, 3, 7, 20, 40}) {
    const std::vector<CutRange> cut = cut_units(units, count, ShardBy::trials, 1);
    EXPECT_LE(unevenness(units, cut), 1.15) << count;
  }
}

/// Ten conditions behind each of four long prefixes. A shard that begins within one repeats it.
TEST(ShardCut, KeepsSharedPrefixesTogether) {
  std::vector<CutUnit> units;
  for (int prefix = 0; prefix < 4; ++prefix)
    for (int i = 0; i < 10; ++i)
      units.push_back(
          {.own = {.text = i == 0 ? 6.0 : 1.0}, .prefix = {.text = i == 0 ? 0.0 : 5.0}});
  EXPECT_EQ(ends_of(cut_units(units, 2, ShardBy::trials, 1)), (std::vector<Index>{20, 40}));
  EXPECT_EQ(ends_of(cut_units(units, 4, ShardBy::trials, 1)), (std::vector<Index>{10, 20, 30, 40}));
  // Where the middle lies a little beside the prefix's end, the end is worth it.
  units.back().own.text += 1.5;
  EXPECT_EQ(ends_of(cut_units(units, 2, ShardBy::trials, 1)), (std::vector<Index>{20, 40}));
  const std::vector<CutRange> cut = cut_units(units, 4, ShardBy::trials, 1);
  for (const CutRange& range : cut)
    EXPECT_EQ(range_cost(units, range.first, range.last).repeated().text, 0.0);
}

/// Weights that an earlier unit has made are made once more only behind a cut between the two.
TEST(ShardCut, CountsWeightsThatAreMadeAgain) {
  std::vector<CutUnit> units = units_of({1.0, 1.0, 1.0, 1.0});
  units[2].shared = {{.unit = 0, .cost = {.fixed = 3.0}}};
  units[3].shared = {{.unit = 2, .cost = {.fixed = 3.0}}};
  EXPECT_EQ(range_cost(units, 0, 4).all.fixed, 0.0);
  EXPECT_EQ(range_cost(units, 1, 4).all.fixed, 3.0);
  EXPECT_EQ(range_cost(units, 1, 4).shared.fixed, 3.0);
  EXPECT_EQ(range_cost(units, 3, 4).all.fixed, 3.0);
  EXPECT_EQ(range_cost(units, 3, 4).baseline.text, 1.0);
}

TEST(ShardCut, ByBothCutsTheTextWhereTrialsAreTooFewOrTooLong) {
  // Two trials for six shards: three parts of the text each.
  std::vector<CutUnit> two = units_of({6.0, 7.0});
  for (CutUnit& unit : two) unit.own.fixed = 1.0;
  const std::vector<CutRange> few = cut_units(two, 6, ShardBy::both, 16);
  ASSERT_EQ(few.size(), 2u);
  EXPECT_EQ(few[0].texts, 3);
  EXPECT_EQ(few[1].texts, 3);
  // Weights are made anew for each part of the text: the trials are cut, where there are enough.
  std::vector<CutUnit> units = units_of(std::vector<double>(64, 1.0));
  for (CutUnit& unit : units) unit.own.fixed = 10.0;
  for (const CutRange& range : cut_units(units, 8, ShardBy::both, 16)) EXPECT_EQ(range.texts, 1);
  // A baseline that costs more than all trials: the text is cut.
  std::vector<CutUnit> light = units_of(std::vector<double>(8, 0.01));
  for (CutUnit& unit : light) unit.baseline.text *= 10.0;
  light.front().own.text += 9.0;
  const std::vector<CutRange> cut = cut_units(light, 4, ShardBy::both, 16);
  ASSERT_EQ(cut.size(), 1u);
  EXPECT_EQ(cut[0].texts, 4);
}

/// Ten thousand conditions are cut in about a second.
TEST(ShardCut, TakesThousandsOfUnits) {
  std::vector<double> seconds;
  for (int i = 0; i < 10'000; ++i) seconds.push_back(1.0 + i * 7919 % 1000 / 1000.0);
  const std::vector<CutUnit> units = units_of(seconds);
  for (const Index count : {20, 256, 4000}) {
    const std::vector<CutRange> cut = cut_units(units, count, ShardBy::trials, 1);
    EXPECT_EQ(std::ssize(cut), count);
    EXPECT_LE(unevenness(units, cut), count < 1000 ? 1.05 : 1.5) << count;
  }
}

}  // namespace
}  // namespace nf
