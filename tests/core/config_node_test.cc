#include "core/config/config_node.h"

#include <gtest/gtest.h>

#include "core/base/error.h"
#include "tests/support/config_support.h"

namespace nf {
namespace {

TEST(ConfigNode, IsANullWithoutAPlaceAtFirst) {
  const ConfigNode node;
  EXPECT_TRUE(node.is_null());
  EXPECT_EQ(node.where(), "");
  EXPECT_TRUE(node.items().empty());
  EXPECT_TRUE(node.entries().empty());
}

TEST(ConfigNode, KnowsItsPathFromTheRoot) {
  const ConfigNode root =
      parse_good("trials:\n  - {}\n  - perturb: [{strength: {relative_l2: 0.1}}]\n");
  const ConfigNode entry = root.find("trials")->items()[1].find("perturb")->items()[0];
  EXPECT_EQ(entry.find("strength")->find("relative_l2")->path(),
            "trials[1].perturb[0].strength.relative_l2");
  EXPECT_EQ(entry.with_path("elsewhere").find("strength")->path(), "elsewhere.strength");
}

TEST(ConfigNode, FindsNothingWhereThereIsNothing) {
  const ConfigNode root = parse_good("a: 1\n");
  EXPECT_FALSE(root.find("b"));
  EXPECT_FALSE(root.find("a")->find("b"));
}

TEST(ConfigNode, RefusesTheSameKeyTwice) {
  const ConfigNode value;
  EXPECT_THROW(ConfigNode::mapping({{"a", {}, value}, {"a", {}, value}}, {}), InternalError);
}

TEST(ConfigNode, RelocatesEveryPartAndKeepsTheValues) {
  const ConfigNode root = parse_good("a: {b: [1, \"2\"]}\n");
  const ConfigNode moved = root.relocated({.source = "--set a"});
  EXPECT_EQ(to_json(moved), to_json(root));
  EXPECT_EQ(moved.entries()[0].key_place.str(), "--set a");
  const ConfigNode item = moved.find("a")->find("b")->items()[1];
  EXPECT_EQ(item.where(), "--set a: a.b[1]");
  EXPECT_TRUE(item.is_quoted());
  EXPECT_EQ(root.find("a")->place().str(), "f.yaml:1:4");
}

TEST(ConfigNode, DescribesItselfOnOneShortLine) {
  const ConfigNode root = parse_good(
      "n:\nl: []\nm: {}\np: word\nq: '5'\nb: |\n  two\n  lines\nlong: " + std::string(70, 'x') +
      "\n");
  EXPECT_EQ(describe(*root.find("n")), "an empty value");
  EXPECT_EQ(describe(*root.find("l")), "a list");
  EXPECT_EQ(describe(*root.find("m")), "a mapping");
  EXPECT_EQ(describe(*root.find("p")), "'word'");
  EXPECT_EQ(describe(*root.find("q")), "\"5\"");
  EXPECT_EQ(describe(*root.find("b")), "\"two lines \"");
  EXPECT_EQ(describe(*root.find("long")), "'" + std::string(60, 'x') + "...'");
}

TEST(ConfigNode, CutsLongTextBetweenCharacters) {
  std::string text = "x";
  for (int i = 0; i < 40; ++i) text += "\xC3\xA9";
  EXPECT_EQ(describe(ConfigNode::scalar(text, false, {})), "'" + text.substr(0, 59) + "...'");
}

TEST(ConfigNode, BecomesPlainValuesByOurScalarRules) {
  const ConfigNode root =
      parse_good("[1, -2, 1.5, 1e3, true, yes, 010, '1', \"true\", ~, word, 1.10, {k: [2]}]");
  EXPECT_EQ(to_json(root), Json::array({1,
                                        -2,
                                        1.5,
                                        1000.0,
                                        true,
                                        "yes",
                                        "010",
                                        "1",
                                        "true",
                                        nullptr,
                                        "word",
                                        1.1,
                                        {{"k", Json::array({2})}}}));
}

}  // namespace
}  // namespace nf
