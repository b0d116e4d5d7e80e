#include "eval/tables/predictors_csv.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "eval/output/csv_reader.h"
#include "tests/support/law_support.h"

namespace nf {
namespace {

std::vector<ResultRow> rows() {
  std::vector<ResultRow> rows(2);
  rows[0].key = {.id = "b", .name = "baseline", .model = "m"};
  rows[1].key = {.id = "t", .name = "noise", .model = "m", .seed = 3, .vars = {{"Max", 0.5}}};
  rows[1].sites = {{.site = "layers.0.o_proj.weight"}};
  DistortionStats& stats = rows[1].sites[0].stats;
  stats.count = 4;
  stats.sum_x2 = 100.0;
  stats.sum_d2 = 1.0;
  stats.max_abs_d = 0.75;
  return rows;
}

TEST(PredictorsCsv, IsThereWhereRecordsHaveSumsOfPredictors) {
  std::vector<ResultRow> all = rows();
  EXPECT_FALSE(has_predictors(all));
  all[1].sites[0].predictor.emplace();
  EXPECT_TRUE(has_predictors(all));
}

TEST(PredictorsCsv, HasARowForEachResultAndAColumnForEachPredictor) {
  const PredictorRegistry registry = PredictorRegistry::builtin();
  const auto lines = parse_csv(predictors_csv(rows(), {"Max"}, registry));
  ASSERT_EQ(lines.size(), 3u);
  ASSERT_EQ(lines[0].size(), 5 + registry.predictors().size());
  EXPECT_EQ(lines[0][4], "Max");
  std::map<std::string, std::string> of_noise;
  for (std::size_t i = 0; i < registry.predictors().size(); ++i) {
    const std::string& name = registry.predictors()[i].name;
    // SQL takes Max and max for one name.
    EXPECT_EQ(lines[0][5 + i], name == "max" ? "predictors_max" : name);
    EXPECT_EQ(lines[1][5 + i], "") << "nothing of the baseline is distorted";
    of_noise[name] = lines[2][5 + i];
  }
  EXPECT_EQ(of_noise["relative_l2"], "0.01");
  EXPECT_EQ(of_noise["snr_db"], "20");
  EXPECT_EQ(of_noise["max"], "0.75");
  EXPECT_EQ(of_noise["output_error"], "");
  EXPECT_EQ(lines[2][0], "t");
  EXPECT_EQ(lines[2][3], "3");
}

/// Noise at one site under two names: each has the other's weight, and none of its own.
TEST(PredictorsCsv, FittedFiguresNeverKnowTheirOwnOutcome) {
  std::vector<ResultRow> all = {rows()[0]};
  for (const char* name : {"one", "two"}) {
    ResultRow row =
        law_design_row(name, "each", "layers.0.o_proj", name == std::string("one") ? 0.5 : 2.0,
                       {{"layers.0.o_proj.weight", 0.01}});
    all.push_back(row);
  }
  const PredictorRegistry registry = PredictorRegistry::builtin();
  const auto lines = parse_csv(predictors_csv(all, {}, registry));
  const auto column = std::find(lines[0].begin(), lines[0].end(), "weighted_l2");
  ASSERT_NE(column, lines[0].end());
  const auto at = static_cast<std::size_t>(column - lines[0].begin());
  EXPECT_NEAR(std::stod(lines[2][at]), 2.0, 1e-9);
  EXPECT_NEAR(std::stod(lines[3][at]), 0.5, 1e-9);
  all.pop_back();
  EXPECT_EQ(parse_csv(predictors_csv(all, {}, registry))[2][at], "");
}

}  // namespace
}  // namespace nf
