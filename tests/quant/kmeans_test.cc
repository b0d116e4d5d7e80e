#include "quant/kmeans.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "core/base/error.h"
#include "tests/quant/quantizer_test_data.h"
#include "tests/reference/kmeans_reference.h"
#include "tests/reference/quantizer_reference.h"
#include "tests/support/gather_statistics.h"

namespace nf {
namespace {

DistortionPtr kmeans(const std::string& keys) {
  return make_quantizer("{grid: kmeans, " + keys + "}");
}

InputStatisticsPtr statistics_of(Matrix inputs) {
  std::vector<Matrix> windows, none;
  windows.push_back(std::move(inputs));
  return gather_statistics({.ranges = true}, windows, none);
}

/// The values of each unit, with the column of each.
std::vector<std::vector<std::pair<float, Index>>> units_of(const Unit& unit, const Matrix& x) {
  std::map<Index, std::vector<std::pair<float, Index>>> units;
  for (Index r = 0; r < x.rows(); ++r)
    for (Index c = 0; c < x.cols(); ++c)
      units[reference::unit_of(unit, x.rows(), x.cols(), r, c)].emplace_back(x(r, c), c);
  std::vector<std::vector<std::pair<float, Index>>> all;
  for (auto& [number, values] : units) all.push_back(std::move(values));
  return all;
}

TEST(KMeans, EveryUnitHasTheLeastErrorOfAllLevels) {
  const std::pair<const char*, Unit> units[] = {{"tensor", Unit::tensor()},
                                                {"channel", Unit::channel()},
                                                {"{group: 7}", Unit::groups(7)},
                                                {"{group: 5, axis: in}", Unit::groups_in(5)}};
  const Matrix x = bell_matrix(9, 16, 1);
  const InputStatisticsPtr statistics = statistics_of(bell_matrix(30, 16, 2));
  for (const auto& [text, unit] : units)
    for (const bool weighted : {false, true}) {
      const DistortionPtr quantizer =
          kmeans(fmt::format("bits: 2, granularity: {}, weighted: {}", text, weighted));
      Matrix out(9, 16);
      quantizer->apply(x, {.inputs = weighted ? statistics.get() : nullptr}, out);
      const auto before = units_of(unit, x), after = units_of(unit, out);
      for (std::size_t u = 0; u < before.size(); ++u) {
        std::vector<float> values;
        std::vector<double> weights;
        std::set<float> levels;
        double error = 0.0;
        for (std::size_t i = 0; i < before[u].size(); ++i) {
          const auto [v, column] = before[u][i];
          const double w =
              weighted ? statistics->sum_squares[static_cast<std::size_t>(column)] : 1.0;
          values.push_back(v);
          weights.push_back(w);
          levels.insert(after[u][i].first);
          error += w * std::pow(static_cast<double>(after[u][i].first - v), 2.0);
        }
        EXPECT_LE(levels.size(), 4u);
        // Levels are rounded to f32.
        EXPECT_LE(error, reference::least_kmeans_error(values, weights, 4) * (1.0 + 1e-5) + 1e-12)
            << text;
      }
    }
}

TEST(KMeans, WithoutCalibrationItsValuesCountAlike) {
  const DistortionPtr open = kmeans("bits: 3, granularity: channel");
  EXPECT_TRUE(open->input_needs(SiteTensor::weight).ranges);
  const DistortionPtr plain = open->without_inputs();
  ASSERT_NE(plain, nullptr);
  EXPECT_TRUE(plain->input_needs(SiteTensor::weight).empty());
  EXPECT_EQ(plain->config(), kmeans("bits: 3, granularity: channel, weighted: false")->config());
  EXPECT_EQ(open->config()["weighted"], true);
  EXPECT_EQ(kmeans("bits: 3, granularity: channel, weighted: true")->without_inputs(), nullptr);
  const Matrix x = bell_matrix(2, 8, 3);
  EXPECT_THROW(distorted(*open, x), InternalError);
}

TEST(KMeans, AnInputThatIsAlwaysZeroDrawsNoLevel) {
  Matrix inputs = bell_matrix(20, 6, 4);
  for (Index t = 0; t < 20; ++t) inputs(t, 2) = 0.0f;
  const InputStatisticsPtr statistics = statistics_of(std::move(inputs));
  Matrix x(1, 6);
  const float values[] = {1, 2, 100, 3, 4, 2};
  std::copy_n(values, 6, x.data());
  Matrix out(1, 6);
  kmeans("bits: 2, granularity: channel")->apply(x, {.inputs = statistics.get()}, out);
  EXPECT_EQ(out(0, 0), 1.0f);
  EXPECT_EQ(out(0, 2), 4.0f);  // the nearest there is
}

TEST(KMeans, NansStayAndAnInfinityTakesTheUnitWithIt) {
  Matrix x(3, 4);
  const float values[] = {1, NAN, 2, 3, 1, INFINITY, 2, 3, NAN, NAN, NAN, NAN};
  std::copy_n(values, 12, x.data());
  const DistortionPtr quantizer = kmeans("bits: 2, granularity: channel, weighted: false");
  const Matrix out = distorted(*quantizer, x);
  EXPECT_EQ(out(0, 0), 1.0f);
  EXPECT_TRUE(std::isnan(out(0, 1)));
  for (Index c = 0; c < 4; ++c) {
    EXPECT_TRUE(std::isnan(out(1, c)));
    EXPECT_TRUE(std::isnan(out(2, c)));
  }
}

TEST(KMeans, ARoundedMatrixStaysAsItIs) {
  const DistortionPtr quantizer = kmeans("bits: 3, granularity: {group: 16}, weighted: false");
  const Matrix once = distorted(*quantizer, bell_matrix(8, 40, 6));
  const Matrix twice = distorted(*quantizer, once);
  for (Index i = 0; i < once.size(); ++i) EXPECT_EQ(twice.data()[i], once.data()[i]);
}

}  // namespace
}  // namespace nf
