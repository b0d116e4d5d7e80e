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
  EXPECT_EQ(with("seed=a=b")["seed"], Json("a=b"));
  EXPECT_EQ(with("seed=../x y")["seed"], Json("../x y"));
  EXPECT_EQ(with("seed=\"\"")["seed"], Json(""));
  EXPECT_EQ(with("seed=null")["seed"], Json());
}

TEST(Override, MayAddTheLastName) {
  EXPECT_EQ(with("data.windows=16")["data"], Json({{"context", 512}, {"windows", 16}}));
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
            "--set trials.0.name: trials[0].name.x: cannot read a list as a number");
}

TEST(Override, NamesWhatIsWrong) {
  const auto message = [](const std::string& assignment) {
    return config_error_of([&] { with(assignment); });
  };
  EXPECT_EQ(message("seed"), "--set seed: write it as KEY=VALUE");
  EXPECT_EQ(message("seed="), "--set seed: the value is missing; write \"\" for an empty text");
  EXPECT_EQ(message("=1"), "--set : a step of the key is empty; write it like trials.0.seed");
  EXPECT_EQ(message("a..b=1"),
            "--set a..b: a step of the key is empty; write it like trials.0.seed");
  EXPECT_EQ(message("dta.context=1"),
            "--set dta.context: the top level has no key 'dta'; did you mean 'data'?");
  EXPECT_EQ(message("trials.2.name=x"),
            "--set trials.2.name: 'trials' is a list and has no item '2'; its items are 0 to 1");
  EXPECT_EQ(message("trials.name=x"),
            "--set trials.name: 'trials' is a list and has no item 'name'; its items are 0 to 1");
  EXPECT_EQ(message("seed.x=1"), "--set seed.x: 'seed' is '0'; there is nothing to set in it");
  EXPECT_EQ(message("seed=1,2"), "--set seed: several values; write a list as [a, b]");
  EXPECT_EQ(message("seed=[1"),
            "--set seed:1:1: not valid YAML: a '[' is not closed; text with commas or brackets "
            "needs quotes");
}

}  // namespace
}  // namespace nf
