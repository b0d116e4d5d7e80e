#include "eval/predict/doses.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

constexpr Index kTokens = 100;

ResultRow row_of(double dose, double nll, double kl, std::uint64_t seed = 0) {
  ResultRow row;
  row.key.name = "w3";
  row.key.model = "m";
  row.key.seed = seed;
  Json entry = {{"tensor", "weight"}, {"grid", "uniform"}, {"bits", 3}};
  if (dose != 1.0) entry["dose"] = dose;
  row.key.entries = Json::array({entry});
  row.windows = {
      {.window = 0, .sums = {.tokens = kTokens, .nll = kTokens * nll, .kl = kTokens * kl}}};
  row.text = add_up(row.windows);
  row.sites = {{.site = "layers.0.o_proj.weight"}};
  return row;
}

/// ΔNLL = 0.3·t + 0.2·t², KL = 0.5·t² at three doses, and the baseline.
class Doses : public testing::Test {
 protected:
  Doses() {
    baseline_.key.name = "baseline";
    baseline_.key.model = "m";
    baseline_.windows = {{.window = 0, .sums = {.tokens = kTokens, .nll = kTokens * 2.0}}};
    baseline_.text = add_up(baseline_.windows);
    for (const double t : {1.0, 0.5, 0.25})
      rows_.push_back(row_of(t, 2.0 + 0.3 * t + 0.2 * t * t, 0.5 * t * t));
  }
  std::optional<double> value(const std::string& predictor, const ResultRow& row) const {
    std::vector<const ResultRow*> all = {&baseline_};
    for (const ResultRow& each : rows_) all.push_back(&each);
    return PredictorRegistry::builtin().find(predictor)->make(
        {.baseline = &baseline_, .rows = all, .training = {}})(row);
  }
  ResultRow baseline_;
  std::vector<ResultRow> rows_;
};

TEST_F(Doses, TellTheSlopeAndTheCurvature) {
  EXPECT_NEAR(*value("first_order", rows_[0]), 0.3, 1e-12);
  EXPECT_NEAR(*value("curvature", rows_[0]), 0.5, 1e-12);
  // Of a row at half the dose: one is left, and both are of its own δ.
  EXPECT_NEAR(*value("first_order", rows_[1]), (0.3 * 0.25 + 0.2 * 0.0625) / 0.5, 1e-12);
  EXPECT_NEAR(*value("curvature", rows_[1]), 0.5 * 0.25, 1e-12);
  EXPECT_FALSE(value("first_order", rows_[2])) << "none is smaller";
  EXPECT_FALSE(value("curvature", baseline_));
}

TEST_F(Doses, OfASearchAreNone) {
  rows_[0].key.entries[0]["dose"] = "${bisect}";
  EXPECT_FALSE(dose_of(rows_[0].key));
  EXPECT_FALSE(value("first_order", rows_[0]));
}

TEST_F(Doses, NeverSeeTheRowsOwnOutcome) {
  const std::optional<double> slope = value("first_order", rows_[0]);
  const std::optional<double> curvature = value("curvature", rows_[0]);
  rows_[0].windows[0].sums.nll *= 10.0;
  rows_[0].windows[0].sums.kl *= 10.0;
  rows_[0].text = add_up(rows_[0].windows);
  EXPECT_EQ(value("first_order", rows_[0]), slope);
  EXPECT_EQ(value("curvature", rows_[0]), curvature);
}

/// A dose that stopped early has fewer windows than the baseline, here the easy one alone.
TEST_F(Doses, AreHeldAgainstTheBaselineOnTheirOwnWindows) {
  const std::optional<double> slope = value("first_order", rows_[0]);
  baseline_.windows.push_back({.window = 1, .sums = {.tokens = kTokens, .nll = kTokens * 7.0}});
  baseline_.text = add_up(baseline_.windows);
  EXPECT_NEAR(*value("first_order", rows_[0]), *slope, 1e-12);
}

TEST_F(Doses, ThatMayBeRoundingAreLeftOut) {
  for (ResultRow& row : rows_) row.kl_floor = 0.01;  // 0.5·t² at 0.25: 3.1 floors
  EXPECT_NEAR(*value("first_order", rows_[0]), (0.3 * 0.5 + 0.2 * 0.25) / 0.5, 1e-12);
  EXPECT_FALSE(value("curvature", rows_[1]));
}

TEST_F(Doses, AreOfTheSameConditionAlone) {
  ResultRow other = row_of(1.0, 3.0, 1.0);
  EXPECT_TRUE(value("curvature", other));
  other.key.seed = 1;
  EXPECT_FALSE(value("curvature", other)) << "another seed";
  other = row_of(1.0, 3.0, 1.0);
  other.key.entries[0]["bits"] = 4;
  EXPECT_FALSE(value("curvature", other)) << "other bits";
  other = row_of(1.0, 3.0, 1.0);
  other.sites[0].site = "layers.1.o_proj.weight";
  EXPECT_FALSE(value("curvature", other)) << "another place";
  other = row_of(1.0, 3.0, 1.0);
  other.key.vars["twin"] = "gaussian";
  EXPECT_FALSE(value("curvature", other)) << "a twin";
  other = row_of(1.0, 3.0, 1.0);
  other.key.entries.push_back({{"tensor", "input"}, {"dose", 0.5}});
  EXPECT_FALSE(dose_of(other.key)) << "two doses";
}

}  // namespace
}  // namespace nf
