#include "eval/experiment/column_names.h"

#include <gtest/gtest.h>

#include "tests/support/builtin_kinds.h"
#include "tests/support/config_support.h"

namespace nf {
namespace {

std::string message_of(const std::string& trials) {
  return config_message(trials, [](const ConfigNode& node, ConfigErrors& errors) {
    check_column_cases(node.items(), builtin_metrics(), errors);
  });
}

TEST(ColumnCases, TellApartWhatSqlTellsApart) {
  EXPECT_EQ(message_of("- {sweep: {r: [1], s: [2]}, zip: {t: [3]}}\n- {sweep: {r: [4]}}\n"),
            "no error");
  // Columns of other files alone, which give way, or in sites.csv are sites_role.
  EXPECT_EQ(message_of("- {sweep: {p: [1], var_q: [2]}}\n"), "no error");
  EXPECT_EQ(message_of("- {sweep: {k: [1], role: [2]}}\n- {each: role}\n"), "no error");
}

TEST(ColumnCases, RefuseVariablesThatDifferInCaseOnly) {
  EXPECT_EQ(message_of("- {sweep: {r: [1], R: [2]}}\n"),
            "f.yaml:1:20: [0].sweep.R: a variable cannot be called 'R', which differs in case only "
            "from 'r' (f.yaml:1:12): SQL does not tell them apart");
  for (const char* trials :
       {"- {sweep: {bits: [1]}, zip: {Bits: [2]}}\n", "- {sweep: {a: [1]}}\n- {zip: {A: [1]}}\n",
        "- {sweep: {KL: [1]}}\n", "- {sweep: {Model: [1]}}\n", "- {zip: {Site: [1]}}\n",
        "- {sweep: {Estimate: [1]}}\n", "- {sweep: {Twin: [1]}}\n", "- {sweep: {Pairing: [1]}}\n",
        "- {sweep: {K: [1]}}\n"
        "- {cumulative: layer}\n",
        "- {sweep: {ROLE: [1]}}\n- {factorial: {of: role}}\n",
        "- {sweep: {Bisect: [1]}}\n- {bisect: {range: [1, 2]}}\n", "- {sweep: {Trial_ID: [1]}}\n"})
    EXPECT_NE(message_of(trials).find("differs in case only from"), std::string::npos) << trials;
}

TEST(ColumnCases, RefuseTheNameOfAColumnThatAnotherVariableBringsIntoSomeFiles) {
  EXPECT_EQ(message_of("- {sweep: {p: [1], statistics_p: [2]}}\n"),
            "f.yaml:1:20: [0].sweep.statistics_p: a variable cannot be called 'statistics_p', a "
            "column that some files have because of 'p' (f.yaml:1:12)");
  for (const char* trials :
       {"- {sweep: {Statistics_P: [2], p: [1]}}\n", "- {sweep: {b: [1], effects_b: [2]}}\n",
        "- {sweep: {layer: [1], sites_layer: [2]}}\n", "- {each: role, sweep: {sites_role: [1]}}\n",
        "- {sweep: {r: [1]}}\n- {sweep: {against_r: [1]}}\n"})
    EXPECT_NE(message_of(trials).find("a column that some files have because of '"),
              std::string::npos)
        << message_of(trials);
}

}  // namespace
}  // namespace nf
