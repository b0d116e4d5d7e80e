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
  EXPECT_EQ(results.front(), "id");
  EXPECT_EQ(results[results.size() - 2], "r");
  EXPECT_EQ(results.back(), "b");
  const std::vector<std::string> sites = sites_columns({"r", "b"});
  EXPECT_EQ(std::vector<std::string>(sites.begin(), sites.begin() + 11),
            (std::vector<std::string>{"id", "name", "model", "seed", "r", "b", "layer", "role",
                                      "tensor", "site", "elements"}));
  EXPECT_EQ(sites.size(), 11 + site_figures().size() + site_notes().size());
  for (const SiteFigure& figure : site_figures())
    EXPECT_TRUE(std::string(figure.column).starts_with("delta_")) << figure.column;
}

TEST(Columns, GiveWayToVariables) {
  const std::vector<std::string> statistics = statistics_columns({"r", "p"});
  EXPECT_EQ(std::vector<std::string>(statistics.begin(), statistics.begin() + 7),
            (std::vector<std::string>{"id", "name", "model", "seed", "r", "p", "figure"}));
  EXPECT_TRUE(has(statistics, "statistics_p"));
  EXPECT_EQ(statistics.back(), "note");
  const std::vector<std::string> effects = effects_columns({"a", "r"});
  EXPECT_EQ(std::vector<std::string>(effects.begin() + 4, effects.begin() + 9),
            (std::vector<std::string>{"a", "r", "metric", "effect", "effects_a"}));
  EXPECT_TRUE(has(comparison_columns({"seeds"}), "compare_against_seeds"));
}

TEST(Columns, OfSitesGiveWayToADesignsLevels) {
  EXPECT_EQ(sites_columns({"site"})[4], "site");  // the level of `each: site`
  EXPECT_EQ(sites_columns({"site"})[8], "sites_site");
  EXPECT_EQ(sites_columns({"group"})[4], "group");
  EXPECT_TRUE(has(sites_columns({"group"}), "sites_group"));
  EXPECT_FALSE(has(reserved_columns(builtin_metrics()), "group"));  // results.csv has it as it is
}

TEST(Columns, AreEachThereOnceBesideAnyVariable) {
  for (const std::string& variable : fixed_columns(builtin_metrics())) {
    const std::vector<std::string> variables = {variable, "r"};
    for (const auto columns_of :
         {statistics_columns, effects_columns, searches_columns, comparison_columns, export_columns,
          sites_columns, documents_columns, entropy_columns}) {
      if (has(reserved_columns(builtin_metrics()), variable)) continue;
      std::vector<std::string> columns = columns_of(variables);
      std::sort(columns.begin(), columns.end());
      EXPECT_EQ(std::adjacent_find(columns.begin(), columns.end()), columns.end()) << variable;
    }
  }
}

TEST(Columns, ThatAVariableBringsBesideItsOwn) {
  EXPECT_EQ(columns_beside("r"), std::vector<std::string>{"against_r"});
  const std::vector<std::string> beside = columns_beside("p");
  for (const char* column : {"statistics_p", "effects_p", "compare_p", "against_p"})
    EXPECT_TRUE(has(beside, column)) << column;
  EXPECT_TRUE(has(columns_beside("layer"), "sites_layer"));
}

TEST(Columns, HaveATypeByTheirName) {
  EXPECT_EQ(column_type("note"), ColumnType::text);
  EXPECT_EQ(column_type("tokens"), ColumnType::integer);
  EXPECT_EQ(column_type("kl"), ColumnType::real);
  EXPECT_EQ(column_type("piqa_acc"), ColumnType::real);
  EXPECT_EQ(column_type("statistic"), ColumnType::text);
}

TEST(Columns, ThatAreFixedAreThoseOfAllFilesEachOnce) {
  MetricRegistry metrics = builtin_metrics();
  metrics.add({.name = "own", .unit = "", .summary = "", .value = {}});
  std::vector<std::string> fixed = reserved_columns(metrics);
  for (const std::string& column : results_columns(metrics, {}, {}))
    EXPECT_TRUE(has(fixed, column)) << column;
  for (const std::string& column : sites_columns({}))
    EXPECT_TRUE(has(fixed_columns(metrics), column)) << column;
  for (const char* free : {"layer", "role", "tensor"}) EXPECT_FALSE(has(fixed, free)) << free;
  for (const std::string& column : confidence_columns({}))
    EXPECT_TRUE(has(fixed, column)) << column;
  EXPECT_TRUE(has(fixed, "own"));
  EXPECT_FALSE(has(reserved_columns(builtin_metrics()), "own"));
  std::sort(fixed.begin(), fixed.end());
  EXPECT_EQ(std::adjacent_find(fixed.begin(), fixed.end()), fixed.end());
}

}  // namespace
}  // namespace nf
