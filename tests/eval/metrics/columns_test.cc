#include "eval/metrics/columns.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/builtin_kinds.h"

namespace nf {
namespace {

bool has(const std::vector<std::string>& columns, const std::string& name) {
  return std::find(columns.begin(), columns.end(), name) != columns.end();
}

TEST(Columns, PutVariablesLastInResultsAndBeforeTheSiteInSites) {
  const std::vector<std::string> results = results_columns(builtin_metrics(), {}, {"r", "b"});
  EXPECT_EQ(results.front(), "name");
  EXPECT_EQ(results[results.size() - 2], "r");
  EXPECT_EQ(results.back(), "b");
  const std::vector<std::string> sites = sites_columns({"r", "b"});
  EXPECT_EQ(std::vector<std::string>(sites.begin(), sites.begin() + 7),
            (std::vector<std::string>{"name", "model", "seed", "r", "b", "site", "elements"}));
  EXPECT_EQ(sites.size(), 7 + site_figures().size());
}

TEST(Columns, RenameVariablesThatAreNamedLikeOne) {
  EXPECT_EQ(sites_columns({"site"})[3], "var_site");  // the level of `each: site`
  EXPECT_EQ(sites_columns({"site"})[4], "site");
  const std::vector<std::string> statistics = statistics_columns({"r", "p"});
  EXPECT_EQ(std::vector<std::string>(statistics.begin(), statistics.begin() + 5),
            (std::vector<std::string>{"name", "model", "r", "var_p", "figure"}));
  EXPECT_EQ(statistics.back(), "note");
  const std::vector<std::string> effects = effects_columns({"a", "r"});
  EXPECT_EQ(std::vector<std::string>(effects.begin(), effects.begin() + 5),
            (std::vector<std::string>{"model", "name", "var_a", "r", "metric"}));
}

TEST(Columns, ThatAreFixedAreThoseOfAllFilesEachOnce) {
  MetricRegistry metrics = builtin_metrics();
  metrics.add({.name = "own", .unit = "", .summary = "", .value = {}});
  std::vector<std::string> fixed = reserved_columns(metrics);
  for (const std::string& column : results_columns(metrics, {}, {}))
    EXPECT_TRUE(has(fixed, column)) << column;
  for (const std::string& column : sites_columns({})) EXPECT_TRUE(has(fixed, column)) << column;
  for (const std::string& column : confidence_columns({}))
    EXPECT_TRUE(has(fixed, column)) << column;
  EXPECT_TRUE(has(fixed, "own"));
  EXPECT_FALSE(has(reserved_columns(builtin_metrics()), "own"));
  std::sort(fixed.begin(), fixed.end());
  EXPECT_EQ(std::adjacent_find(fixed.begin(), fixed.end()), fixed.end());
}

}  // namespace
}  // namespace nf
