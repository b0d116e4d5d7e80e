#include "core/config/override.h"

#include <gtest/gtest.h>

#include "core/config/config_value.h"
#include "tests/support/config_support.h"

namespace nf {
namespace {

ConfigNode experiment() {
  return parse_good(
      "seed: 0\ndata: {context: 512}\ntrials:\n  - {name: a, r: [1, 2]}\n  - {name: b}\n");
}

Json with(const std::string& assignment) {
  return to_json(with_override(experiment(), assignment));
}

TEST(Override, ReplacesAValue) {
  EXPECT_EQ(with("seed=7")["seed"], Json(7));
  EXPECT_EQ(with("data.context=128")["data"]["context"], Json(128));
  EXPECT_EQ(with("trials.1.name=c")["trials"][1]["name"], Json("c"));
  EXPECT_EQ(with("trials[0].r[1]=0.5")["trials"][0]["r"], Json::array({1, 0.5}));
}

TEST(Override, ReadsTheValueAsFlowStyle) {
  EXPECT_EQ(with("seed=[1, x, true]")["seed"], Json::array({1, "x", true}));
  EXPECT_EQ(with("seed={a: {b: 1}}")["seed"], Json({{"a", {{"b", 1}}}}));
  EXPECT_EQ(with("seed=\"7\"")["seed"], Json("7"));
  EXPECT_EQ(with(R"(seed="\ud83d\udd25")")["seed"], Json("\xF0\x9F\x94\xA5"));
  EXPECT_EQ(with("seed=a=b")["seed"], Json("a=b"));
  EXPECT_EQ(with("seed=../x y")["seed"], Json("../x y"));
  EXPECT_EQ(with("seed=\"\"")["seed"], Json(""));
  EXPECT_EQ(with("seed=null")["seed"], Json());
}

TEST(Override, MayAddTheLastName) {
  EXPECT_EQ(with("data.windows=16")["data"], Json({{"context", 512}, {"windows", 16}}));
}

/// The names of the trials, "!" behind that which `assignment` gave the seed 7.
std::string seeded(const std::string& names, const std::string& assignment) {
  std::string text;
  const ConfigNode root = parse_good("trials: [" + names + "]\n");
  const Json experiment = to_json(with_override(root, assignment));
  for (const Json& trial : experiment["trials"])
    text += trial["name"].get<std::string>() + (trial.contains("seed") ? "! " : " ");
  return text;
}

TEST(Override, FindsAnItemByItsName) {
  EXPECT_EQ(seeded("{name: a}, {name: w4}", "trials.w4.seed=7"), "a w4! ");
  EXPECT_EQ(seeded("{name: a}, {name: w4}", "trials[w4].seed=7"), "a w4! ");
  EXPECT_EQ(seeded("{name: a}, {name: w4}", "trials.1.seed=7"), "a w4! ");
}

TEST(Override, NamesMayHaveDotsEqualSignsAndBlanks) {
  const std::string names = "{name: w4}, {name: w4.g64}, {name: r=0.1}, {name: it's b}";
  EXPECT_EQ(seeded(names, "trials.w4.g64.seed=7"), "w4 w4.g64! r=0.1 it's b ");
  EXPECT_EQ(seeded(names, "trials.\"w4.g64\".seed=7"), "w4 w4.g64! r=0.1 it's b ");
  EXPECT_EQ(seeded(names, "trials['r=0.1'].seed=7"), "w4 w4.g64 r=0.1! it's b ");
  EXPECT_EQ(seeded(names, "trials.it's b.seed=7"), "w4 w4.g64 r=0.1 it's b! ");
}

TEST(Override, ANumberIsAnItemsPlaceUnlessItIsAnothersName) {
  EXPECT_EQ(seeded("{name: '8'}, {name: a}", "trials.8.seed=7"), "8! a ");
  EXPECT_EQ(seeded("{name: '0'}, {name: a}", "trials.0.seed=7"), "0! a ");
  EXPECT_EQ(seeded("{name: a}, {name: '0.5'}", "trials.0.5.seed=7"), "a 0.5! ");
  EXPECT_EQ(seeded("{name: '1'}, {name: a}", "trials[1].seed=7"), "1 a! ");
  EXPECT_EQ(seeded("{name: '1'}, {name: a}", "trials.\"1\".seed=7"), "1! a ");
  EXPECT_EQ(
      config_error_of([] { seeded("{name: '1'}, {name: a}", "trials.1.seed=7"); }),
      "--set trials.1.seed=7: '1' is the number of one item of 'trials' and the name of another; "
      "write trials[1] for the number, trials.\"1\" for the name");
}

TEST(Override, RefusesANameThatTwoItemsHave) {
  EXPECT_EQ(
      config_error_of([] { seeded("{name: a}, {name: b}, {name: a}", "trials.a.seed=7"); }),
      "--set trials.a.seed=7: items 0 and 2 of 'trials' are both called 'a'; say which by its "
      "number, or give one another name");
}

TEST(Override, SuggestsTheNameThatWasMeant) {
  EXPECT_EQ(
      config_error_of([] { seeded("{name: uniform}, {name: w4}", "trials.unifrom.seed=7"); }),
      "--set trials.unifrom.seed=7: 'trials' is a list and has no item 'unifrom'; its items are "
      "0 to 1; did you mean 'uniform'?");
}

TEST(Override, LeavesTheRestAndTheOriginalAlone) {
  const ConfigNode root = experiment();
  const ConfigNode changed = with_override(root, "seed", "1");
  EXPECT_EQ(to_json(root)["seed"], Json(0));
  EXPECT_EQ(changed.find("trials")->items()[1].find("name")->where(),
            "f.yaml:5:12: trials[1].name");
}

TEST(Override, RefusesBytesThatAreNoUtf8InKeyAndValue) {
  EXPECT_EQ(config_error_of([] { with("trials.0.name=gr\xf6"); }),
            "--set trials.0.name=gr\\xf6: byte 17 does not belong to UTF-8 text");
  EXPECT_EQ(config_error_of([] { with("\xe4=1"); }),
            "--set \\xe4=1: byte 1 does not belong to UTF-8 text");
}

TEST(Override, IsThePlaceOfLaterErrors) {
  const ConfigNode root = with_override(experiment(), "trials.0.name", "{x: [1]}");
  const ConfigNode value = *root.find("trials")->items()[0].find("name")->find("x");
  ConfigErrors errors;
  ConfigValue<double>::read(value.items()[0].with_path("p"), errors);
  ConfigValue<double>::read(value, errors);
  EXPECT_EQ(errors.message(),
            "--set trials.0.name={x: [1]}: trials[0].name.x: cannot read a list as a number");
}

TEST(Override, CutsALongValueInThePlace) {
  const ConfigNode root = with_override(experiment(), "seed", std::string(1000, '1'));
  const std::string place = root.find("seed")->place().str();
  EXPECT_TRUE(place.starts_with("--set seed=111")) << place;
  EXPECT_LT(place.size(), 300u);
}

TEST(Override, NamesWhatIsWrong) {
  const auto message = [](const std::string& assignment) {
    return config_error_of([&] { with(assignment); });
  };
  EXPECT_EQ(message("seed"), "--set seed: write it as KEY=VALUE");
  EXPECT_EQ(message("seed="), "--set seed=: the value is missing; write \"\" for an empty text");
  EXPECT_EQ(message("=1"), "--set =1: a step of the key is empty; write it like trials.0.seed");
  EXPECT_EQ(message("a..b=1"),
            "--set a..b=1: a step of the key is empty; write it like trials.0.seed");
  EXPECT_EQ(message("dta.context=1"),
            "--set dta.context=1: the top level has no key 'dta'; did you mean 'data'?");
  EXPECT_EQ(message("trials.2.name=x"),
            "--set trials.2.name=x: 'trials' is a list and has no item '2'; its items are 0 to 1; "
            "known: a, b");
  EXPECT_EQ(message("trials.name=x"),
            "--set trials.name=x: 'trials' is a list and has no item 'name'; its items are 0 to "
            "1; known: a, b");
  EXPECT_EQ(message("seed.x=1"), "--set seed.x=1: 'seed' is '0'; there is nothing to set in it");
  EXPECT_EQ(message("seed=1,2"), "--set seed=1,2: several values; write a list as [a, b]");
  EXPECT_EQ(message("seed=[1"),
            "--set seed:1:1: not valid YAML: a '[' is not closed; text with commas or brackets "
            "needs quotes");
}

}  // namespace
}  // namespace nf
