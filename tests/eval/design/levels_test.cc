#include "eval/design/levels.h"

#include <gtest/gtest.h>

#include <functional>

#include "tests/support/config_support.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_model.h"

namespace nf {
namespace {

/// Llama-like, four blocks of seven linears.
const DecoderSpec& spec() {
  static const TempDir dir;
  static const DecoderSpec of_llama = [] {
    tiny_llama({.layers = 4, .hidden_size = 8, .heads = 2, .key_value_heads = 1}).write(dir / "l");
    return open_decoder(dir / "l").spec();
  }();
  return of_llama;
}

SiteSelector read(const std::string& yaml) {
  ConfigErrors errors;
  SiteSelector selector = SiteSelector::fields().read(parse_good(yaml), errors);
  errors.throw_if_any();
  return selector;
}

std::vector<SiteSelector> read_all(const std::vector<std::string>& yaml) {
  std::vector<SiteSelector> selectors;
  for (const std::string& one : yaml) selectors.push_back(read(one));
  return selectors;
}

std::vector<std::string> names_of(const SiteSelector& selector) {
  std::vector<std::string> names;
  for (const Site& site : selector.select(spec())) names.push_back(site.name());
  return names;
}

/// "LEVEL: {sites} {sites}" of each trial of a design, '-' where an entry is left out.
std::vector<std::string> points(const Design& design, const std::vector<std::string>& yaml) {
  std::vector<std::string> lines;
  for (const DesignPoint& point : design_points(design, read_all(yaml), spec())) {
    std::string line = point.level.dump() + ":";
    for (const std::optional<SiteSelector>& sites : point.sites) {
      Json json = sites ? sites->config() : Json("-");
      if (sites) json.erase("tensor");
      line += " " + json.dump();
    }
    lines.push_back(line);
  }
  return lines;
}

using Lines = std::vector<std::string>;

TEST(Levels, AreTheUnionOfTheEntriesInTheOrderOfTheForwardPass) {
  const std::vector<SiteSelector> both = read_all({"{tensor: weight, roles: [up_proj, lm_head]}",
                                                   "{tensor: input, roles: [down_proj, q_proj]}",
                                                   "{tensor: weight, roles: embed_tokens}"});
  EXPECT_EQ(find_levels(both, Factor::role, spec()),
            (Lines{"embed_tokens", "q_proj", "up_proj", "down_proj", "lm_head"}));
  EXPECT_EQ(find_levels(both, Factor::layer, spec()), (Lines{"0", "1", "2", "3"}));
  EXPECT_EQ(find_levels(read_all({"{tensor: weight, roles: v_proj, layers: [last, 1]}",
                                  "{tensor: input, roles: q_proj, layers: last}",
                                  "{tensor: weight, roles: [v_proj, lm_head]}"}),
                        Factor::site, spec()),
            (Lines{"layers.0.v_proj", "layers.1.v_proj", "layers.2.v_proj", "layers.3.q_proj",
                   "layers.3.v_proj", "lm_head"}));
  // A role that comes first in a later layer alone still stands before the others.
  EXPECT_EQ(find_levels(read_all({"{tensor: weight, roles: down_proj, layers: 0}",
                                  "{tensor: weight, roles: k_proj, layers: 2}"}),
                        Factor::role, spec()),
            (Lines{"k_proj", "down_proj"}));
}

TEST(Levels, EachTakesOneAtATime) {
  EXPECT_EQ(points({"each", "layer"}, {"{tensor: weight, layers: 2-3}"}),
            (Lines{R"(2: {"roles":"*","layers":2})", R"(3: {"roles":"*","layers":3})"}));
  EXPECT_EQ(points({"each", "role"}, {"{tensor: weight, roles: '[qk]_proj', layers: 0-1}"}),
            (Lines{R"("q_proj": {"roles":"q_proj","layers":"0-1"})",
                   R"("k_proj": {"roles":"k_proj","layers":"0-1"})"}));
  EXPECT_EQ(points({"each", "site"}, {"{tensor: weight, roles: [o_proj, lm_head], layers: 1}",
                                      "{tensor: weight, roles: lm_head}"}),
            (Lines{R"("layers.1.o_proj": {"roles":["o_proj","lm_head"],"layers":1} "-")",
                   R"("lm_head": "-" {"roles":"lm_head"})"}));
}

TEST(Levels, TakeAStateForARoleOfItsOwn) {
  const Lines sites = {"{tensor: resid}", "{tensor: weight, roles: [v_proj, o_proj]}",
                       "{tensor: k_cache, layers: 1-2}"};
  EXPECT_EQ(find_levels(read_all(sites), Factor::role, spec()),
            (Lines{"v_proj", "k_cache", "o_proj", "resid"}));
  EXPECT_EQ(find_levels(read_all(sites), Factor::site, spec())[3], "layers.1.v_proj");
  EXPECT_EQ(find_levels(read_all(sites), Factor::site, spec())[4], "layers.1.k_cache");
  EXPECT_EQ(points({"each", "role"}, sites)[1], R"("k_cache": "-" "-" {"layers":"1-2"})");
  EXPECT_EQ(points({"each", "layer"}, sites)[0],
            R"(0: {"layers":0} {"roles":["v_proj","o_proj"],"layers":0} "-")");
  EXPECT_EQ(points({"leave_one_out", "role"}, sites)[3],
            R"("resid": "-" {"roles":["v_proj","o_proj"]} {"layers":"1-2"})");
  EXPECT_EQ(points({"leave_one_out", "site"}, sites)[4],
            R"("layers.1.k_cache": {} {"roles":["v_proj","o_proj"]} )"
            R"({"layers":"1-2","except":{"layers":1}})");
}

TEST(Levels, DropEntriesThatHaveNoneOfIt) {
  EXPECT_EQ(points({"each", "layer"}, {"{tensor: weight, layers: 0-1}",
                                       "{tensor: input, layers: "
                                       "1}"}),
            (Lines{R"(0: {"roles":"*","layers":0} "-")",
                   R"(1: {"roles":"*","layers":1} {"roles":"*","layers":1})"}));
}

TEST(Levels, LeaveOneOutExceptsIt) {
  EXPECT_EQ(points({"leave_one_out", "layer"}, {"{tensor: weight, layers: 0-1}"}),
            (Lines{R"(0: {"roles":"*","layers":"0-1","except":{"layers":0}})",
                   R"(1: {"roles":"*","layers":"0-1","except":{"layers":1}})"}));
  EXPECT_EQ(points({"leave_one_out", "role"}, {"{tensor: weight, roles: [q_proj, lm_head]}",
                                               "{tensor: input, roles: q_proj}"}),
            (Lines{R"("q_proj": {"roles":["q_proj","lm_head"],"except":{"roles":"q_proj"}} "-")",
                   R"("lm_head": {"roles":["q_proj","lm_head"],"except":{"roles":"lm_head"}} )"
                   R"({"roles":"q_proj"})"}));
  EXPECT_EQ(
      points({"leave_one_out", "site"}, {"{tensor: weight, roles: q_proj, layers: 0-1}"}).front(),
      R"("layers.0.q_proj": {"roles":"q_proj","layers":"0-1",)"
      R"("except":{"roles":"q_proj","layers":0}})");
}

TEST(Levels, CumulativeTakesTheFirstK) {
  EXPECT_EQ(points({"cumulative", "layer"}, {"{tensor: weight}"}),
            (Lines{R"(1: {"roles":"*","layers":0})", R"(2: {"roles":"*","layers":"0-1"})",
                   R"(3: {"roles":"*","layers":"0-2"})", R"(4: {"roles":"*"})"}));
  EXPECT_EQ(points({"cumulative", "layer"}, {"{tensor: weight, layers: [1, 3]}"}),
            (Lines{R"(1: {"roles":"*","layers":1})", R"(2: {"roles":"*","layers":[1,3]})"}));
}

TEST(Levels, PairsAreSinglesPairsAndAll) {
  EXPECT_EQ(
      points({"pairs", "role"}, {"{tensor: weight, roles: [q_proj, k_proj, v_proj]}"}),
      (Lines{R"("q_proj": {"roles":"q_proj"})", R"("k_proj": {"roles":"k_proj"})",
             R"("v_proj": {"roles":"v_proj"})", R"("q_proj+k_proj": {"roles":["q_proj","k_proj"]})",
             R"("q_proj+v_proj": {"roles":["q_proj","v_proj"]})",
             R"("k_proj+v_proj": {"roles":["k_proj","v_proj"]})",
             R"("all": {"roles":["q_proj","k_proj","v_proj"]})"}));
  // The one pair of two levels, as where the model lacks the third, is all of them.
  EXPECT_EQ(points({"pairs", "role"}, {"{tensor: weight, roles: [q_proj, k_proj]}"}),
            (Lines{R"("q_proj": {"roles":"q_proj"})", R"("k_proj": {"roles":"k_proj"})",
                   R"("all": {"roles":["q_proj","k_proj"]})"}));
  EXPECT_EQ(points({"pairs", "layer"}, {"{tensor: weight, layers: 0-2}"})[4],
            R"("0+2": {"roles":"*","layers":[0,2]})");
  const Lines sites = points({"pairs", "site"}, {"{tensor: weight, roles: [q_proj, o_proj], "
                                                 "layers: 0-1}"});
  EXPECT_EQ(sites.size(), 4u + 6u + 1u);
  EXPECT_EQ(sites[6],
            R"("layers.0.q_proj+layers.1.o_proj": {"roles":["q_proj","o_proj"],"layers":"0-1",)"
            R"("only":[{"roles":"q_proj","layers":0},{"roles":"o_proj","layers":1}]})");
}

TEST(Levels, FactorialTakesTheRunsOfTheDesign) {
  const std::vector<std::string> four = {
      "{tensor: weight, roles: [q_proj, k_proj, v_proj, o_proj]}"};
  EXPECT_EQ(points({"factorial", "role", 4}, four),
            (Lines{R"("q_proj+o_proj": {"roles":["q_proj","o_proj"]})",
                   R"("k_proj+o_proj": {"roles":["k_proj","o_proj"]})",
                   R"("q_proj+k_proj": {"roles":["q_proj","k_proj"]})",
                   R"("v_proj+o_proj": {"roles":["v_proj","o_proj"]})",
                   R"("q_proj+v_proj": {"roles":["q_proj","v_proj"]})",
                   R"("k_proj+v_proj": {"roles":["k_proj","v_proj"]})",
                   R"("all": {"roles":["q_proj","k_proj","v_proj","o_proj"]})"}));
  EXPECT_EQ(points({"factorial", "role", 5}, four).size(), 15u);
  EXPECT_EQ(points({"factorial", "layer", 5}, {"{tensor: weight, layers: 1-2}"}),
            (Lines{R"(1: {"roles":"*","layers":1})", R"(2: {"roles":"*","layers":2})",
                   R"("all": {"roles":"*","layers":"1-2"})"}));
  EXPECT_EQ(points({"factorial", "site", 4}, {"{tensor: weight}"}).size(), 63u);  // of 28 sites
}

TEST(Levels, SayWhatIsWrongWithADesign) {
  const auto why = [](const Design& design, const std::string& sites) {
    return why_no_design_points(design, read_all({sites}), spec(), "m");
  };
  EXPECT_EQ(why({"factorial", "role", 5}, "{tensor: weight}"), "");
  EXPECT_EQ(why({"factorial", "role", 5}, "{tensor: weight, roles: q_proj}"),
            "needs at least two roles, and the sites of this trial have not so many in m");
  EXPECT_EQ(why({"factorial", "site", 5}, "{tensor: weight}"), "");  // 28 of at most 29
  EXPECT_EQ(why({"factorial", "site", 5}, "{tensor: weight, roles: ['*', embed_tokens, lm_head]}"),
            "would take more than 1023 trials for the 30 sites of this one in m; {of: site, "
            "resolution: 4} takes 63, and tells main effects alone");
  EXPECT_TRUE(
      points({"factorial", "site", 5}, {"{tensor: weight, roles: ['*', embed_tokens, lm_head]}"})
          .empty());
}

TEST(Levels, LayersLeaveWhatIsOutsideThemAlone) {
  const std::string sites = "{tensor: weight, roles: [q_proj, lm_head]}";
  const auto acts_at_head = [&](const std::string& kind, std::size_t point) {
    const auto narrowed = design_points({kind, "layer"}, read_all({sites}), spec());
    const std::vector<std::string> names = names_of(*narrowed.at(point).sites[0]);
    return std::find(names.begin(), names.end(), "lm_head.weight") != names.end();
  };
  EXPECT_FALSE(acts_at_head("each", 0));
  EXPECT_FALSE(acts_at_head("cumulative", 3));
  EXPECT_FALSE(acts_at_head("pairs", 4 + 6));
  EXPECT_TRUE(acts_at_head("leave_one_out", 0));
}

/// Whatever was written, each trial selects exactly its levels, in the order of before.
TEST(Levels, NarrowEverySelectorExactly) {
  const std::vector<std::string> selectors = {
      "{tensor: weight}",
      "{tensor: input, roles: '[qkv]_proj', layers: [0, last]}",
      "{tensor: weight, roles: [embed_tokens, down_proj, lm_head]}",
      "{tensor: weight, except: {roles: q_proj, layers: 1}}",
      "{tensor: weight, only: [{roles: q_proj, layers: 0}, {roles: up_proj, layers: [1, 3]}]}",
      "{tensor: weight, layers: 1-3, except: [{layers: 2}, {roles: k_proj}]}",
      "{tensor: resid}",
      "{tensor: v_cache, layers: 1-3, except: {layers: 2}}"};
  for (const Factor factor : {Factor::layer, Factor::role, Factor::site}) {
    const std::vector<std::string> levels = find_levels(read_all(selectors), factor, spec());
    for (const std::string& yaml : selectors) {
      const SiteSelector selector = read(yaml);
      const auto expected = [&](const std::function<bool(const std::string&)>& stays) {
        std::vector<std::string> names;
        for (const Site& site : selector.select(spec()))
          if (stays(level_of(site, factor))) names.push_back(site.name());
        return names;
      };
      const auto actual = [](const std::optional<SiteSelector>& narrowed) {
        return narrowed ? names_of(*narrowed) : std::vector<std::string>();
      };
      for (const std::string& a : levels) {
        EXPECT_EQ(actual(drop_level(selector, factor, a, spec())),
                  expected([&](const std::string& level) { return level != a; }))
            << yaml << a;
        for (const std::string& b : levels)
          EXPECT_EQ(actual(keep_levels(selector, factor, {a, b}, spec())),
                    expected([&](const std::string& level) { return level == a || level == b; }))
              << yaml << a << b;
      }
    }
  }
}

TEST(Levels, AreNoneWhereThereIsOnlyOne) {
  EXPECT_TRUE(points({"each", "layer"}, {"{tensor: weight, layers: 2}"}).empty());
  EXPECT_TRUE(points({"pairs", "role"}, {"{tensor: weight, roles: q_proj}"}).empty());
  EXPECT_TRUE(points({"each", "layer"}, {"{tensor: weight, roles: lm_head}"}).empty());
}

}  // namespace
}  // namespace nf
