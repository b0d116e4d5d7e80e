#include "eval/tables/chosen_groups.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "eval/results/results.h"

namespace nf {
namespace {

ResultRow row_of(const std::string& name, std::uint64_t seed, const std::vector<Json>& notes) {
  ResultRow row;
  row.key = {.id = name + std::to_string(seed), .name = name, .model = "opt-nano", .seed = seed};
  for (const Json& note : notes)
    row.sites.push_back(
        {.site = "layers." + std::to_string(row.sites.size()) + ".q_proj.weight", .notes = note});
  return row;
}

std::string text_of(const std::vector<ResultRow>& rows) {
  return chosen_groups(group_rows(rows).front());
}

const Json kAlongInputs = {{"axis", "out"}}, kAlongOutputs = {{"axis", "in"}};

TEST(ChosenGroups, CountTheSitesOfEachAxis) {
  EXPECT_EQ(text_of({row_of("rtn-ada", 0, {kAlongOutputs, kAlongInputs, kAlongInputs, nullptr})}),
            "opt-nano: rtn-ada: groups along inputs at 2 of 3 sites, along outputs at 1\n");
}

TEST(ChosenGroups, NameOneAxisWhereAllSitesTookIt) {
  EXPECT_EQ(text_of({row_of("rtn-ada", 0, {kAlongOutputs, kAlongOutputs})}),
            "opt-nano: rtn-ada: groups along outputs at 2 of 2 sites\n");
}

TEST(ChosenGroups, CountTheSitesOfEachSize) {
  EXPECT_EQ(text_of({row_of("fine", 0, {{{"group", 64}}, {{"group", 256}}, {{"group", 64}}})}),
            "opt-nano: fine: groups of 256 at 1 of 3 sites, of 64 at 2\n");
}

TEST(ChosenGroups, AddUpTheDrawsOfALine) {
  EXPECT_EQ(text_of({row_of("rtn-ada", 0, {kAlongInputs}), row_of("rtn-ada", 1, {kAlongOutputs})}),
            "opt-nano: rtn-ada (2 seeds): groups along inputs at 1 of 2 sites, along outputs at "
            "1\n");
}

TEST(ChosenGroups, AreSilentAboutOtherChoices) {
  EXPECT_EQ(text_of({row_of("gptq", 0, {{{"damping", 0.01}}}), row_of("rtn", 0, {nullptr})}), "");
}

TEST(ChosenGroups, AreNotToldOfHundredsOfLines) {
  std::vector<ResultRow> rows;
  for (Index i = 0; i < 100; ++i)
    rows.push_back(row_of("rtn-ada" + std::to_string(i), 0, {kAlongInputs}));
  const std::string text = text_of(rows);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 21);
  EXPECT_NE(text.find("\nopt-nano: and 80 more lines that chose their groups: sites.csv has all\n"),
            std::string::npos)
      << text;
}

}  // namespace
}  // namespace nf
