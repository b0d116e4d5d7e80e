#include "eval/analysis/compare_selector.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/error.h"
#include "tests/support/config_support.h"

namespace nf {
namespace {

RowKey key_of(const std::string& name, const Json& vars = Json::object(), std::uint64_t seed = 0) {
  return {.id = name + vars.dump(), .name = name, .model = "m", .seed = seed, .vars = vars};
}

const std::vector<RowKey> kKeys = {
    {.id = "b", .name = "baseline"},
    {.id = "f", .name = "floor"},
    key_of("w4", {{"bits", 3}, {"g", 64}}),
    key_of("w4", {{"bits", 3}, {"g", 128}}),
    key_of("w4", {{"bits", 4}, {"g", 64}}),
    key_of("noise", {{"r", 0.1}, {"roles", Json::array({"q_proj", "k_proj"})}}),
    key_of("grid", {{"g", {{"group", 64}}}, {"q", "W4 g64"}}),
    key_of("grid", {{"g", {{"group", 64}, {"axis", "in"}}}, {"q", "gaussian l2=0.1"}}),
    key_of("plain", Json::object(), 0),
    key_of("plain", Json::object(), 1),
    key_of("w4:odd name")};

Index selected(const std::string& text) {
  const TrialSelector selector = parse_trial_selector(text, kKeys);
  return std::count_if(kKeys.begin(), kKeys.end(),
                       [&selector](const RowKey& key) { return selector.selects(key); });
}

std::string error_of(const std::string& text) {
  return config_error_of([&text] { parse_trial_selector(text, kKeys); });
}

TEST(TrialSelector, TakesANameWithAllItsPoints) {
  EXPECT_EQ(selected("w4"), 3);
  EXPECT_EQ(selected("plain"), 2);
}

TEST(TrialSelector, NarrowsToPoints) {
  EXPECT_EQ(selected("w4:bits=3"), 2);
  EXPECT_EQ(selected("w4:bits=3,g=64"), 1);
  EXPECT_EQ(selected("w4 bits=3 g=64"), 1);  // as a table has it
  EXPECT_EQ(selected("noise:r=0.10"), 1);
  EXPECT_EQ(selected("noise:roles=[\"q_proj\",\"k_proj\"]"), 1);
}

TEST(TrialSelector, TakesPatternsAndSeveralValues) {
  EXPECT_EQ(selected("w4:bits=3,4"), 3);
  EXPECT_EQ(selected("w4:bits=3,4,g=128"), 1);
  EXPECT_EQ(selected("w4:g=12*"), 1);
  EXPECT_EQ(selected("w4 g=6?,128 bits=3"), 2);
  EXPECT_EQ(selected("grid:g=g*,per*"), 2);
  EXPECT_EQ(selected("grid:q=gauss*"), 1);
  EXPECT_EQ(selected("noise:roles=q_*"), 1);
  EXPECT_EQ(error_of("w4:bits=3,5"), "w4:bits=3,5: trial 'w4' has no such point; bits is 3, 4");
  EXPECT_EQ(error_of("w4:bits=5*"), "w4:bits=5*: trial 'w4' has no such point; bits is 3, 4");
}

TEST(TrialSelector, TakesValuesAsTablesAndAsExperimentsHaveThem) {
  for (const std::string text :
       {"grid:g=g64", "grid:g={group: 64}", "grid:g={\"group\":64}", "grid:q=W4 g64",
        "grid g=g64 q=W4 g64", "grid g=g64 q=W4 g64 (3 seeds)", "grid:g=per-ic64",
        "grid:g={group: 64, axis: in}", "grid g=per-ic64 q=gaussian l2=0.1",
        "grid:q=gaussian l2=0.1", "noise roles=q_proj+k_proj", "noise:roles=[q_proj, k_proj]"})
    EXPECT_EQ(selected(text), 1) << text;
  EXPECT_EQ(selected("plain (2 seeds)"), 2);
  EXPECT_EQ(selected("plain (1 of 2 seeds)"), 2);
  EXPECT_EQ(selected("plain (partial)"), 2);
  EXPECT_EQ(selected("plain (1 of 2 seeds, partial)"), 2);
  EXPECT_EQ(error_of("grid:g={group: 32}"),
            "grid:g={group: 32}: trial 'grid' has no such point; g is g64, per-ic64");
  EXPECT_EQ(error_of("grid:g=g64,gg=2"),
            "grid:g=g64,gg=2: trial 'grid' has no variable 'gg'; did you mean 'g'?");
}

TEST(TrialSelector, PrefersAWholeName) {
  EXPECT_EQ(selected("w4:odd name"), 1);
  EXPECT_EQ(parse_trial_selector("w4:odd name", kKeys).name, "w4:odd name");
}

TEST(TrialSelector, NamesMistakes) {
  EXPECT_EQ(error_of("floor"),
            "floor: is no trial but column kl_floor of results.csv; name trials");
  EXPECT_EQ(error_of("plian"),
            "plian: the folder has no trial of that name; did you mean 'plain'?");
  EXPECT_EQ(error_of("nois:r=1"),
            "nois:r=1: the folder has no trial of that name; did you mean 'noise'?");
  EXPECT_EQ(error_of("something"),
            "something: the folder has no trial of that name; known: w4, noise, grid, plain, "
            "w4:odd name");
  EXPECT_EQ(error_of("w4:bit=3"),
            "w4:bit=3: trial 'w4' has no variable 'bit'; did you mean 'bits'?");
  EXPECT_EQ(error_of("plain:r=3"), "plain:r=3: trial 'plain' has no variable 'r', it is no sweep");
  EXPECT_EQ(error_of("w4:bits=5"), "w4:bits=5: trial 'w4' has no such point; bits is 3, 4");
  EXPECT_EQ(error_of("w4:bits=4,g=128"),
            "w4:bits=4,g=128: trial 'w4' has no such point; bits is 3, 4; g is 64, 128");
  EXPECT_EQ(error_of("w4:bits"), "w4:bits: expected NAME:VARIABLE=VALUE,VARIABLE=VALUE");
  EXPECT_EQ(error_of("w4:bits=3,bits=4"), "w4:bits=3,bits=4: variable 'bits' is there twice");
  EXPECT_EQ(error_of("baseline"),
            "baseline: statistics.csv compares every trial with it; name other trials");
}

/// The lines that patterns mean, "NAME{values}" each.
std::vector<std::string> meant(const std::vector<std::string>& given) {
  std::vector<std::string> texts;
  for (const TrialSelector& one : parse_trial_selectors(given, kKeys)) {
    std::string text = one.name;
    for (const auto& [name, value] : one.values) text += '{' + name + '=' + value + '}';
    texts.push_back(text);
  }
  return texts;
}

TEST(TrialSelector, TakesPatternsOfNames) {
  using Texts = std::vector<std::string>;
  EXPECT_EQ(meant({"w4*"}), (Texts{"w4", "w4:odd name"}));
  EXPECT_EQ(meant({"*i*"}), (Texts{"noise", "grid", "plain"}));
  EXPECT_EQ(meant({"[gp]*"}), (Texts{"grid", "plain"}));
  EXPECT_EQ(meant({"g?id:g=g64"}), (Texts{"grid{g=g64}"}));
  EXPECT_EQ(meant({"*:bits=3"}), (Texts{"w4{bits=3}"}));  // the others have no bits
  EXPECT_EQ(meant({"* bits=3 g=64"}), (Texts{"w4{bits=3}{g=64}"}));
  EXPECT_EQ(meant({"w4"}), (Texts{"w4"}));
}

TEST(TrialSelector, KeepsTheOrderOfWordsAndNamesNoTrialTwice) {
  using Texts = std::vector<std::string>;
  EXPECT_EQ(meant({"plain", "*"}), (Texts{"plain", "w4", "noise", "grid", "w4:odd name"}));
  EXPECT_EQ(meant({"w4:bits=3", "w4"}), (Texts{"w4{bits=3}", "w4"}));
}

TEST(TrialSelector, MeansATrialThatIsCalledLikeAPatternAlone) {
  const std::vector<RowKey> keys = {key_of("w*"), key_of("w4")};
  ASSERT_EQ(parse_trial_selectors({"w*"}, keys).size(), 1u);
  EXPECT_EQ(parse_trial_selectors({"w*"}, keys)[0].name, "w*");
}

TEST(TrialSelector, NamesMistakesInPatterns) {
  const auto error = [](const std::string& text) {
    return config_error_of([&text] { parse_trial_selectors({text}, kKeys); });
  };
  EXPECT_EQ(error("gaus*"),
            "gaus*: the folder has no trial of that name; known: w4, noise, grid, plain, "
            "w4:odd name");
  EXPECT_EQ(error("w?:bits=5"), "w4:bits=5: trial 'w4' has no such point; bits is 3, 4");
}

TEST(TrialSelector, ListsWhatThereIs) {
  EXPECT_EQ(list_trials(kKeys),
            "  w4             bits=3|4  g=64|128\n"
            "  noise          r=0.1  roles=q_proj+k_proj\n"
            "  grid           g=g64|per-ic64  q=W4 g64|gaussian l2=0.1\n"
            "  plain          (2 seeds)\n"
            "  'w4:odd name'\n");
}

TEST(TrialSelector, CutsTheListsOfADesignWithManyPoints) {
  std::vector<RowKey> keys;
  for (int layer = 0; layer < 63; ++layer) keys.push_back(key_of("fac", {{"layer", layer}}));
  const std::string layers[] = {"0|1|2|3|4|5|6|7|... (63 points)",
                                "0, 1, 2, 3, 4, 5, 6, 7, ... (63 points)"};
  EXPECT_EQ(list_trials(keys), "  fac  layer=" + layers[0] + "\n");
  EXPECT_EQ(config_error_of([&keys] { parse_trial_selector("fac:layer=99", keys); }),
            "fac:layer=99: trial 'fac' has no such point; layer is " + layers[1]);
}

}  // namespace
}  // namespace nf
