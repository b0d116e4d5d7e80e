/// Distortion::levels_around() of every quantizer that has it: what stochastic rounding goes by.

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/quant/quantizer_test_data.h"
#include "tests/support/held_rows.h"

namespace nf {
namespace {

const char* const kGrids[] = {"grid: uniform",
                              "grid: uniform, levels: full",
                              "grid: uniform, symmetric: false",
                              "grid: uniform, symmetric: false, zero_in_range: true",
                              "grid: uniform, range: {percentile: 90}",
                              "grid: power",
                              "grid: {power: 0.5}",
                              "grid: {codebook: [-0.7, -0.1, 0, 0.3, 1]}",
                              "grid: kmeans, weighted: false"};

DistortionPtr quantizer_of(const std::string& grid, const std::string& unit) {
  return make_quantizer(fmt::format("{{{}, bits: 3, granularity: {}}}", grid, unit));
}

struct Around {
  Matrix lower, upper;
  Around(const Distortion& quantizer, ConstMatrixView x, const DistortionContext& context = {})
      : lower(x.rows(), x.cols()), upper(x.rows(), x.cols()) {
    quantizer.levels_around(x, context, lower, upper);
  }
};

/// Values so dense that every level between the outermost that are taken is taken.
TEST(LevelsAround, AreNeighboursAmongAllThatAreEverTaken) {
  Matrix x(1, 4001);
  for (Index c = 0; c < x.cols(); ++c) x(0, c) = 0.4f + static_cast<float>(c - 2000) / 1000.0f;
  for (const char* grid : kGrids) {
    const DistortionPtr quantizer = quantizer_of(grid, "channel");
    ASSERT_TRUE(quantizer->has_levels()) << grid;
    Matrix rounded(1, x.cols());
    quantizer->apply(x, {}, rounded);
    const std::set<float> levels(rounded.data(), rounded.data() + rounded.size());
    const Around around(*quantizer, x);
    for (Index c = 0; c < x.cols(); ++c) {
      const float v = x(0, c), lower = around.lower(0, c), upper = around.upper(0, c);
      const auto above = levels.lower_bound(v);
      if (above == levels.end()) {
        // Beyond it a grid may have one more, to which none of these values is near enough.
        ASSERT_EQ(lower, *levels.rbegin()) << grid << " at " << v;
        ASSERT_TRUE(upper == lower || upper > v) << grid << " at " << v;
      } else if (above == levels.begin()) {
        ASSERT_EQ(upper, *above) << grid << " at " << v;
        ASSERT_TRUE(lower == upper || lower < v) << grid << " at " << v;
      } else {
        ASSERT_EQ(upper, *above) << grid << " at " << v;
        ASSERT_EQ(lower, *above == v ? v : *std::prev(above)) << grid << " at " << v;
      }
    }
  }
}

TEST(LevelsAround, HoldTheLevelThatIsTakenInEveryUnit) {
  const Matrix x = bell_matrix(20, 37, 13);
  for (const char* grid : kGrids)
    for (const char* unit : {"tensor", "channel", "{group: 16}", "{group: 5, axis: in}"}) {
      const DistortionPtr quantizer = quantizer_of(grid, unit);
      Matrix rounded(20, 37);
      quantizer->apply(x, {}, rounded);
      const Around around(*quantizer, x);
      for (Index i = 0; i < x.size(); ++i) {
        const float lower = around.lower.data()[i], upper = around.upper.data()[i];
        ASSERT_TRUE(rounded.data()[i] == lower || rounded.data()[i] == upper) << grid << unit;
        ASSERT_TRUE(lower == upper || (lower < x.data()[i] && x.data()[i] < upper)) << grid << unit;
      }
    }
}

TEST(LevelsAround, OfRowsMadeInPartsAreThoseOfTheWhole) {
  const Matrix x = bell_matrix(30, 9, 4);
  for (const char* grid : kGrids)
    for (const char* unit : {"tensor", "{group: 5, axis: in}"}) {
      const DistortionPtr quantizer = quantizer_of(grid, unit);
      const Around whole(*quantizer, x);
      const MatrixFiguresPtr figures = quantizer->figures(HeldRows(x), {});
      const Index together = quantizer->rows_together(30);
      for (Index first = 0; first < 30; first += together) {
        const Around part(*quantizer, x.view().middle_rows(first, together),
                          {.figures = figures.get()});
        EXPECT_TRUE(std::equal(part.lower.data(), part.lower.data() + part.lower.size(),
                               whole.lower.view().row(first)));
        EXPECT_TRUE(std::equal(part.upper.data(), part.upper.data() + part.upper.size(),
                               whole.upper.view().row(first)));
      }
    }
}

TEST(LevelsAround, LeaveOutliersAloneAndFollowChosenGroups) {
  Matrix x = bell_matrix(6, 64, 5);
  x(2, 7) = 40.0f;
  const DistortionPtr outliers = make_quantizer(
      "{grid: uniform, bits: 4, granularity: token, except_outliers: 6}", SiteTensor::input);
  const Around around(*outliers, x, {.site = {.tensor = SiteTensor::input}});
  for (Index r = 0; r < 6; ++r) {
    EXPECT_EQ(around.lower(r, 7), x(r, 7));
    EXPECT_EQ(around.upper(r, 7), x(r, 7));
  }
  const DistortionPtr groups =
      make_quantizer("{grid: uniform, bits: 4, granularity: {auto: {coarsest: 32, loss: 0.01}}}");
  Matrix rounded(6, 64);
  groups->apply(x, {}, rounded);
  const Around chosen(*groups, x);
  for (Index i = 0; i < x.size(); ++i)
    EXPECT_TRUE(rounded.data()[i] == chosen.lower.data()[i] ||
                rounded.data()[i] == chosen.upper.data()[i]);
}

TEST(LevelsAround, AreNotThereWhereAValueIsChangedBeforeItIsRounded) {
  const DistortionPtr gptq =
      make_quantizer("{grid: uniform, bits: 4, granularity: channel, method: gptq}");
  EXPECT_FALSE(gptq->has_levels());
  const Matrix x = bell_matrix(2, 2, 1);
  EXPECT_THROW(Around(*gptq, x), InternalError);
}

}  // namespace
}  // namespace nf
