#include "eval/analysis/compare_others.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

std::vector<std::string> names_of(const OtherTrials& others) {
  std::vector<std::string> names;
  for (const TrialSelector& other : others.selectors) names.push_back(other.name);
  return names;
}

/// "layer" over 8 layers, "layer-q" likewise, "uniform" over two widths, "one": two seeds each.
std::vector<RowKey> keys() {
  std::vector<RowKey> keys = {{.id = "b", .name = "baseline", .model = "m"}};
  const auto add = [&keys](const std::string& name, const Json& vars) {
    for (const std::uint64_t seed : {0u, 1u})
      keys.push_back({.id = name, .name = name, .model = "m", .seed = seed, .vars = vars});
  };
  for (const std::string name : {"layer", "layer-q"})
    for (int layer = 0; layer < 8; ++layer) add(name, {{"layer", layer}});
  for (const int bits : {3, 4}) add("uniform", {{"bits", bits}});
  add("one", Json::object());
  return keys;
}

TEST(OtherTrials, AreThoseOfWhichEachLineHasOnePartner) {
  const OtherTrials others = other_trials(parse_trial_selector("layer", keys()), keys());
  EXPECT_EQ(names_of(others), std::vector<std::string>{"layer-q"});
  EXPECT_EQ(others.left_out,
            "layer has 8 points that uniform, one do not tell apart: name one, as layer:layer=0");
}

TEST(OtherTrials, AreAllOfAPoint) {
  const std::vector<std::string> all = {"layer-q", "uniform", "one"};
  EXPECT_EQ(names_of(other_trials(parse_trial_selector("layer:layer=0", keys()), keys())), all);
  const OtherTrials of_one = other_trials(parse_trial_selector("one", keys()), keys());
  EXPECT_EQ(of_one.selectors.size(), 3u);
  EXPECT_EQ(of_one.left_out, "");
}

TEST(OtherTrials, KeepWhatIsNamedInTheExample) {
  std::vector<RowKey> two = keys();
  for (const int bits : {3, 4})
    for (const char* group : {"a b", "c"})
      two.push_back({.id = "g", .name = "g", .model = "m", .vars = {{"bits", bits}, {"g", group}}});
  const OtherTrials others = other_trials(parse_trial_selector("g:bits=3", two), two);
  EXPECT_EQ(others.left_out,
            "g:bits=3 has 2 points that layer, layer-q, uniform, one do not tell apart: name one, "
            "as 'g:bits=3,g=a b'");
}

}  // namespace
}  // namespace nf
