#include "core/config/substitute.h"

#include <gtest/gtest.h>

#include "core/config/config_value.h"
#include "tests/support/config_support.h"

namespace nf {
namespace {

/// {r: 0.1, dist: gaussian, n: "5", unit: {group: 64}}, standing in another file.
Variables variables() {
  ConfigErrors errors;
  const ConfigNode root =
      parse_yaml("{r: 0.1, dist: gaussian, n: \"5\", unit: {group: 64}}", "vars.yaml", errors);
  Variables result;
  for (const ConfigEntry& entry : root.entries()) result[entry.key] = entry.value;
  return result;
}

ConfigNode substituted(const std::string& text) {
  ConfigErrors errors;
  ConfigNode node = substitute(parse_good(text), variables(), errors);
  errors.throw_if_any();
  return node;
}

TEST(Substitute, GivesAWholeReferenceTheVariablesValue) {
  EXPECT_EQ(
      to_json(substituted("{a: \"${r}\", b: \"${dist}s\", c: [\"${n}\"], d: \"${unit}\"}")
                  .with_path("")),
      Json({{"a", 0.1}, {"b", "gaussians"}, {"c", Json::array({"5"})}, {"d", {{"group", 64}}}}));
}

TEST(Substitute, PastesIntoLongerText) {
  const ConfigNode node = substituted("a: \"${dist} at ${r} ($, {x}, ${)\"\n");
  EXPECT_EQ(node.find("a")->text(), "gaussian at 0.1 ($, {x}, ${)");
}

TEST(Substitute, KeepsThePlaceOfUse) {
  const ConfigNode node = substituted("a: 1\nb: {c: \"${unit}\"}\n");
  EXPECT_EQ(node.find("b")->find("c")->find("group")->where(), "f.yaml:2:8: b.c.group");
}

TEST(Substitute, KeepsThePathOfAPartOfTheTree) {
  const ConfigNode trial = parse_good("trials: [{r: \"${r}\"}]").find("trials")->items()[0];
  ConfigErrors errors;
  EXPECT_EQ(substitute(trial, variables(), errors).find("r")->path(), "trials[0].r");
}

TEST(Substitute, LeavesKeysAndEverythingElseAlone) {
  const std::string text = "{\"${r}\": 1, b: [true, ~, 1.5, word, '7']}";
  EXPECT_EQ(to_json(substituted(text)), to_json(parse_good(text)));
}

TEST(Substitute, AnUnknownVariableIsOneMistake) {
  EXPECT_EQ(config_message("a: \"${x}\"\nb: \"${r}\"\n",
                           [&](const ConfigNode& root, ConfigErrors& errors) {
                             const ConfigNode read = substitute(root, variables(), errors);
                             const Index before = errors.count();
                             EXPECT_FALSE(ConfigValue<double>::read(*read.find("a"), errors));
                             EXPECT_GT(errors.count(), before) << "it is no value";
                           }),
            "f.yaml:1:4: a: \"${x}\" stands for a variable, but only dist, n, r, unit are defined "
            "here");
}

TEST(Substitute, NamesUnknownVariables) {
  const auto message = [](const std::string& text, const Variables& known) {
    return config_message(text, [&](const ConfigNode& root, ConfigErrors& errors) {
      substitute(root, known, errors);
    });
  };
  EXPECT_EQ(
      message("a: \"${dst}\"\n", variables()),
      "f.yaml:1:4: a: \"${dst}\" stands for a variable, but only dist, n, r, unit are defined "
      "here; did you mean 'dist'?");
  EXPECT_EQ(message("a: 1\nb: [\"${sigma}\"]\n", variables()),
            "f.yaml:2:5: b[0]: \"${sigma}\" stands for a variable, but only dist, n, r, unit are "
            "defined here");
  EXPECT_EQ(message("a: \"${r}\"\n", {}),
            "f.yaml:1:4: a: \"${r}\" stands for a variable, but none is defined here; sweep: {r: "
            "[...]} in the trial defines it");
  EXPECT_EQ(message("a: \"x ${unit}\"\n", variables()),
            "f.yaml:1:4: a: variable 'unit' is a mapping and cannot stand inside a text");
}

TEST(Substitute, FindsTheVariablesUsed) {
  EXPECT_EQ(collect_variables(parse_good("{a: \"${x}\", b: [\"${y} and ${x}\", {c: \"${z}\"}]}")),
            (std::set<std::string>{"x", "y", "z"}));
  EXPECT_TRUE(collect_variables(parse_good("{a: 1, \"${k}\": 2}")).empty());
}

}  // namespace
}  // namespace nf
