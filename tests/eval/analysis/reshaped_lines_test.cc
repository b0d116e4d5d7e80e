#include "eval/analysis/reshaped_lines.h"

#include <gtest/gtest.h>

#include "tests/support/dose_rows.h"

namespace nf {
namespace {

/// A quantizer on a model of that shape; null: as it is.
ResultRow reshaped_row(const std::string& name, double kl, const Json& shape,
                       const Json& vars = Json::object()) {
  Json entries = kLawQuantizer;
  if (!shape.is_null()) entries[0]["reshape"] = shape;
  return law_row(name, kl, kDoseSites, entries, vars);
}
Json outliers(double factor) { return {{"outliers", {{"channels", 4}, {"factor", factor}}}}; }

TEST(ReshapedLines, AreCurvesOverTheFactorHeldAgainstTheModelAsItIs) {
  const std::vector<ResultRow> rows = {compared_baseline(16),
                                       reshaped_row("w4", 0.1, outliers(1.0), {{"f", 1}}),
                                       reshaped_row("w4", 0.4, outliers(16.0), {{"f", 16}}),
                                       reshaped_row("w4", 0.8, outliers(64.0), {{"f", 64}})};
  const std::vector<ModelLines> models = group_rows(rows);
  const std::vector<ReshapedLine> lines = reshaped_lines(models.front());
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0].shape, "4 channels ×1");
  EXPECT_EQ(lines[0].as_is, nullptr);
  for (const ReshapedLine& line : lines) EXPECT_EQ(line.curve, "w4") << "f is the factor";
  for (const std::size_t i : {std::size_t{1}, std::size_t{2}}) {
    ASSERT_EQ(lines[i].as_is, lines[0].line);
    ASSERT_NE(lines[i].kl(), nullptr);
    EXPECT_NEAR(*lines[i].kl()->ratio->ratio, i == 1 ? 4.0 : 8.0, 1e-9);
    EXPECT_EQ(lines[i].kl()->verdict, Verdict::worse);
  }
}

TEST(ReshapedLines, FindTheSameConditionUnderAnotherName) {
  const std::vector<ResultRow> rows = {compared_baseline(16), reshaped_row("plain", 0.2, nullptr),
                                       reshaped_row("flat", 0.1, {{"flatten", true}})};
  const std::vector<ModelLines> models = group_rows(rows);
  const std::vector<ReshapedLine> lines = reshaped_lines(models.front());
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_TRUE(lines[0].flatten);
  EXPECT_FALSE(lines[0].factor);
  EXPECT_EQ(lines[0].shape, "flattened");
  EXPECT_NEAR(*lines[0].kl()->ratio->ratio, 0.5, 1e-9);
}

/// A variable that is the factor at one point by chance belongs to the curve.
TEST(ReshapedLines, KeepVariablesThatAreNotTheFactor) {
  const std::vector<ResultRow> rows = {
      compared_baseline(16), reshaped_row("w", 0.1, outliers(4.0), {{"f", 4}, {"bits", 4}}),
      reshaped_row("w", 0.2, outliers(8.0), {{"f", 8}, {"bits", 4}})};
  const std::vector<ModelLines> models = group_rows(rows);
  const std::vector<ReshapedLine> lines = reshaped_lines(models.front());
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].curve, "w bits=4");
  EXPECT_EQ(lines[0].kl(), nullptr);
}

TEST(ReshapedLines, AreNoneWithoutReshape) {
  const std::vector<ResultRow> rows = {compared_baseline(16), quantized_row("w4", 0.1)};
  const std::vector<ModelLines> models = group_rows(rows);
  EXPECT_TRUE(reshaped_lines(models.front()).empty());
}

}  // namespace
}  // namespace nf
