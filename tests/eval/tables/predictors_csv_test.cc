#include "eval/tables/predictors_csv.h"

#include <gtest/gtest.h>

#include "eval/output/csv_reader.h"

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
  for (std::size_t i = 0; i < registry.predictors().size(); ++i) {
    const std::string& name = registry.predictors()[i].name;
    // SQL takes Max and max for one name.
    EXPECT_EQ(lines[0][5 + i], name == "max" ? "predictors_max" : name);
    EXPECT_EQ(lines[1][5 + i], "") << "nothing of the baseline is distorted";
    if (name == "relative_l2") EXPECT_EQ(lines[2][5 + i], "0.01");
    if (name == "snr_db") EXPECT_EQ(lines[2][5 + i], "20");
    if (name == "max") EXPECT_EQ(lines[2][5 + i], "0.75");
    if (name == "output_error") EXPECT_EQ(lines[2][5 + i], "");
  }
  EXPECT_EQ(lines[2][0], "t");
  EXPECT_EQ(lines[2][3], "3");
}

}  // namespace
}  // namespace nf
