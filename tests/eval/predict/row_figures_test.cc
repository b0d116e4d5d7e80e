/// Predictors that are figures of δ alone, against figures of all values by their definitions.

#include "eval/predict/row_figures.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/reference/predictor_reference.h"
#include "tests/support/random_matrix.h"

namespace nf {
namespace {

constexpr double kTolerance = 1e-6;

SiteStats site_of(const std::string& name, ConstMatrixView x, ConstMatrixView made) {
  SiteStats site{.site = name};
  site.stats.add(x, made, Unit::tensor(), SiteTensor::weight);
  site.predictor.emplace().row_mean_energy = reference_row_mean_energy(x, made);
  return site;
}

/// Two sites of different sizes, one with errors that grow with the value and have a mean.
ReferenceSites two_sites() {
  ReferenceSites sites;
  for (const Index rows : {7, 12}) {
    Matrix x = random_matrix(rows, 20, static_cast<std::uint64_t>(rows));
    Matrix made = random_matrix(rows, 20, 3);
    for (Index i = 0; i < x.size(); ++i)
      made.data()[i] = x.data()[i] * (rows == 7 ? 1.1f : 1.0f) +
                       (rows == 7 ? 0.2f : 0.5f) * made.data()[i] + 0.03f;
    sites.emplace_back(std::move(x), std::move(made));
  }
  return sites;
}

ResultRow row_of(const ReferenceSites& sites) {
  ResultRow row;
  row.key.name = "trial";
  for (std::size_t i = 0; i < sites.size(); ++i)
    row.sites.push_back(
        site_of("layers." + std::to_string(i) + ".o_proj.weight", sites[i].first, sites[i].second));
  return row;
}

std::optional<double> value(const std::string& predictor, const ResultRow& row) {
  const PredictorRegistry registry = PredictorRegistry::builtin();
  return registry.find(predictor)->make({})(row);
}

TEST(RowFigures, PoolAllValues) {
  const ReferenceSites sites = two_sites();
  const ResultRow row = row_of(sites);
  const ReferencePooled expected = reference_pooled(sites);
  for (const auto& [name, figure] : std::initializer_list<std::pair<const char*, double>>{
           {"snr_db", expected.snr_db},
           {"cosine", expected.cosine},
           {"kurtosis", expected.kurtosis},
           {"bias", expected.bias},
           {"gain", expected.gain},
           {"correlation", expected.correlation},
           {"energy_on_small", expected.energy_on_small},
           {"sign_flips", expected.sign_flips}}) {
    ASSERT_TRUE(value(name, row)) << name;
    EXPECT_NEAR(*value(name, row), figure, kTolerance * std::abs(figure)) << name;
  }
}

TEST(RowFigures, AddRatiosOfSitesAndTakeTheLargestChange) {
  const ReferenceSites sites = two_sites();
  const ResultRow row = row_of(sites);
  double ratios = 0.0, largest = 0.0;
  for (const auto& [x, made] : sites) {
    double d2 = 0.0, x2 = 0.0;
    for (Index i = 0; i < x.size(); ++i) {
      const double from = static_cast<double>(x.data()[i]);
      const double d = static_cast<double>(made.data()[i]) - from;
      d2 += d * d;
      x2 += from * from;
      largest = std::max(largest, std::abs(d));
    }
    ratios += d2 / x2;
  }
  EXPECT_NEAR(*value("relative_l2", row), ratios, kTolerance * ratios);
  EXPECT_NEAR(*value("max", row), largest, kTolerance * largest);
}

TEST(RowFigures, AreOfOutputsWhereTheseAreKnown) {
  ResultRow row = row_of(two_sites());
  EXPECT_FALSE(value("output_error", row));
  row.sites[0].predictor->outputs = {
      .tokens = 30, .windows = 4, .error = 6.0, .output = 60.0, .bias = 1.5, .expected_snr = 20.0};
  EXPECT_FALSE(value("output_error", row)) << "the other site is not known";
  row.sites[1].predictor->outputs = {
      .tokens = 30, .windows = 4, .error = 2.0, .output = 5.0, .bias = 1.0};
  EXPECT_DOUBLE_EQ(*value("output_error", row), 0.1 + 0.4);
  EXPECT_DOUBLE_EQ(*value("output_bias", row), 0.25 + 0.5);
  EXPECT_DOUBLE_EQ(*value("hessian", row), 2.0 / 4.0 * (6.0 + 2.0));
  EXPECT_FALSE(value("concentration_alignment", row)) << "no uniform quantizer at the other site";
  row.sites[1].predictor->outputs->expected_snr = 40.0;
  EXPECT_DOUBLE_EQ(*value("concentration_alignment", row), 1.0 / 20.0 + 1.0 / 40.0);
}

TEST(RowFigures, OfAnInputAreOfTheCalibrationSet) {
  const ReferenceSites sites = two_sites();
  ResultRow row;
  row.sites.push_back({.site = "layers.0.q_proj.input", .complete = false, .windows = 4});
  row.sites[0].stats.add_energies(sites[1].first, sites[1].second);  // of the evaluated text
  EXPECT_FALSE(value("kurtosis", row));
  EXPECT_TRUE(value("snr_db", row));
  row.sites[0].predictor.emplace().on_calibration.emplace().add(sites[0].first, sites[0].second,
                                                                Unit::tensor(), SiteTensor::weight);
  ReferenceSites calibration;
  ReferenceSites again = two_sites();
  calibration.push_back(std::move(again[0]));
  const ReferencePooled expected = reference_pooled(calibration);
  EXPECT_NEAR(*value("snr_db", row), expected.snr_db, kTolerance * std::abs(expected.snr_db));
  EXPECT_NEAR(*value("kurtosis", row), expected.kurtosis, kTolerance * expected.kurtosis);
}

TEST(RowFigures, SayNothingOfAFailedRowNorWithoutAChange) {
  ResultRow row = row_of(two_sites());
  row.status = Status::failed;
  const PredictorRegistry registry = PredictorRegistry::builtin();
  for (const Predictor& predictor : registry.predictors())
    EXPECT_FALSE(predictor.make({})(row)) << predictor.name;
  ReferenceSites same;
  same.emplace_back(random_matrix(3, 4, 1), random_matrix(3, 4, 1));
  const ResultRow untouched = row_of(same);
  EXPECT_FALSE(value("snr_db", untouched)) << "infinite";
  EXPECT_FALSE(value("energy_on_small", untouched)) << "0/0";
  EXPECT_EQ(value("relative_l2", untouched), 0.0);
}

}  // namespace
}  // namespace nf
