#include "quant/unit_fit.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/base/error.h"
#include "tests/quant/quantizer_test_data.h"
#include "tests/reference/quantizer_reference.h"
#include "tests/support/held_rows.h"

namespace nf {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
const RangeRule kMse{.kind = RangeRule::Kind::mse};
const RangeRule kAwq{.kind = RangeRule::Kind::awq};

RangeRule percent(double p) { return {RangeRule::Kind::percentile, p}; }

/// A grid with the keys of the reference.
std::shared_ptr<const Grid> grid_of(const reference::Quantizer& q) {
  const GridSpec spec = grid_spec(q.power ? fmt::format("{{power: {}}}", *q.power) : "uniform");
  return make_grid(spec, q.bits, q.symmetric, q.full_levels ? Levels::full : Levels::balanced);
}

std::vector<reference::Quantizer> quantizers() {
  std::vector<reference::Quantizer> all;
  for (const Index bits : {2, 3, 4, 8}) {
    all.push_back({.bits = bits, .symmetric = true, .unit = {}});
    all.push_back({.bits = bits, .symmetric = true, .unit = {}, .full_levels = true});
    all.push_back({.bits = bits, .symmetric = false, .unit = {}});
    all.push_back({.bits = bits, .symmetric = false, .unit = {}, .zero_in_range = true});
    all.push_back({.power = 0.5, .bits = bits, .symmetric = true, .unit = {}});
  }
  return all;
}

std::vector<std::vector<float>> units(Index n) {
  std::vector<std::vector<float>> all;
  const Matrix x = odd_rows(n, 17, 1e10f);
  for (Index r = 0; r < x.rows(); ++r) all.emplace_back(x.data() + r * n, x.data() + (r + 1) * n);
  return all;
}

TEST(UnitFit, MinmaxAndZeroInRangeAreThoseOfTheReference) {
  for (const reference::Quantizer& q : quantizers()) {
    const UnitFit fit(grid_of(q), {}, q.zero_in_range);
    EXPECT_FALSE(fit.needs_values());
    for (const Index n : {1, 5, 64})
      for (const std::vector<float>& x : units(n)) {
        const reference::Fit expected = reference::fit(q, x);
        const MatrixScale got = fit.fit(x);
        EXPECT_NEAR(got.scale, expected.scale, 3e-7f * expected.scale);  // pow of two libraries
        EXPECT_EQ(got.zero, expected.zero);
        EXPECT_EQ(got.limit, kInf);
      }
  }
}

TEST(UnitFit, ZeroInRangeOfAUnitOfZerosSpansMinusOneToOne) {
  const UnitFit fit(make_grid(grid_spec("uniform"), 4, false), {}, true);
  const MatrixScale zeros = fit.fit(std::vector<float>(4, 0.0f));
  EXPECT_EQ(zeros.scale, 2.0f / 15.0f);
  EXPECT_EQ(zeros.zero, 7.0f);  // 1/(2/15) is below 7.5 in f32
  const MatrixScale positive = fit.fit(std::vector<float>{3.0f, 1.5f});
  EXPECT_EQ(positive.scale, 3.0f / 15.0f);
  EXPECT_EQ(positive.zero, 0.0f);
}

TEST(UnitFit, MseIsTheFirstSmallestOfEightyRanges) {
  // The reference's pow and ours differ in the last bits, so a near tie may go either way.
  constexpr double kSameLoss = 1e-9;
  for (const reference::Quantizer& q : quantizers()) {
    if (q.power) continue;
    const UnitFit fit(grid_of(q), kMse, q.zero_in_range);
    EXPECT_TRUE(fit.needs_values());
    EXPECT_FALSE(fit.needs_inputs());
    for (const Index n : {1, 7, 64, 130})
      for (const std::vector<float>& x : units(n)) {
        const MatrixScale got = fit.fit(x);
        const double least = reference::mse_loss(q, reference::fit_mse(q, x), x);
        EXPECT_LE(reference::mse_loss(q, {got.scale, got.zero}, x), least * (1.0 + kSameLoss));
      }
  }
}

TEST(UnitFit, MseClipsWhatCostsLess) {
  // One value far out: at 3 bits the others gain by a smaller range.
  Matrix x = bell_matrix(1, 64, 3);
  x(0, 5) = 6.0f;
  const std::shared_ptr<const Grid> grid = make_grid(grid_spec("uniform"), 3, true);
  EXPECT_LT(UnitFit(grid, kMse, false).fit(x.view()).scale,
            UnitFit(grid, {}, false).fit(x.view()).scale);
}

TEST(UnitFit, PercentilesAreThoseOfNumpy) {
  for (const Index n : {1, 2, 10, 64, 333}) {
    for (const std::vector<float>& x : units(n)) {
      std::vector<float> sizes;
      for (const float v : x) sizes.push_back(std::abs(v));
      for (const double p : {50.0, 90.0, 99.9, 100.0}) {
        const MatrixScale sym =
            UnitFit(make_grid(grid_spec("uniform"), 4, true), percent(p), false).fit(x);
        const double most = reference::percentile(sizes, p);
        EXPECT_NEAR(sym.scale, std::max(most / 7.0, 1e-10), 3e-7 * most + 1e-16);
        const MatrixScale asym =
            UnitFit(make_grid(grid_spec("uniform"), 4, false), percent(p), false).fit(x);
        const double low = reference::percentile(x, (100.0 - p) / 2.0);
        const double high = reference::percentile(x, 100.0 - (100.0 - p) / 2.0);
        EXPECT_NEAR(asym.scale, std::max((high - low) / 15.0, 1e-10),
                    1e-6 * (std::abs(low) + std::abs(high)) + 1e-16);
      }
      EXPECT_EQ(
          UnitFit(make_grid(grid_spec("uniform"), 4, false), percent(100), false).fit(x).scale,
          UnitFit(make_grid(grid_spec("uniform"), 4, false), {}, false).fit(x).scale);
    }
  }
}

TEST(UnitFit, AwqClampsWhereThePartialProductErrsLeast) {
  for (const reference::Quantizer& q : quantizers()) {
    if (q.power) continue;
    const UnitFit fit(grid_of(q), kAwq, q.zero_in_range);
    EXPECT_TRUE(fit.needs_inputs());
    for (const Index n : {1, 8, 64}) {
      // More columns than rows, and fewer: the two ways to sum.
      for (const Index rows : {5, 100}) {
        const Matrix inputs = bell_matrix(rows, n, 5);
        const PartialProduct product(inputs);
        for (const std::vector<float>& x : units(n)) {
          const reference::ClampedFit expected = reference::fit_awq(q, x, inputs);
          const MatrixScale got = fit.fit(x, &product);
          // Which of the ten was taken; none is the first.
          float most = 0.0f;
          for (const float w : x) most = std::max(most, std::abs(w));
          std::size_t taken = 0;
          while (taken < 10 && std::isfinite(got.limit) &&
                 got.limit != most * static_cast<float>(1.0 - static_cast<double>(taken) / 20.0))
            ++taken;
          ASSERT_LT(taken, 10u);
          const double least = *std::min_element(expected.losses.begin(), expected.losses.end());
          // Σ(xδ)² as δᵀ(XᵀX)δ: rounding of the larger terms that cancel.
          EXPECT_LE(expected.losses[taken], least * (1.0 + 1e-6) + 1e-300);
        }
      }
    }
  }
}

TEST(UnitFit, AMatrixReadInPartsHasTheBitsOfTheWhole) {
  const Matrix x = bell_matrix(2100, 5, 8);
  const PartialProduct product(bell_matrix(20, 5, 9));
  for (const bool symmetric : {true, false})
    for (const RangeRule& rule : {RangeRule{}, kMse, percent(99.0), percent(63.7), kAwq}) {
      const UnitFit fit(make_grid(grid_spec("uniform"), 4, symmetric), rule, !symmetric);
      const MatrixScale whole = fit.fit(x.view(), &product), parts = fit.fit(HeldRows(x), &product);
      EXPECT_EQ(whole.scale, parts.scale);
      EXPECT_EQ(whole.zero, parts.zero);
      EXPECT_EQ(whole.limit, parts.limit);
    }
}

TEST(UnitFit, NansArePassedOverAndAnInfinityTakesTheUnitWithIt) {
  const PartialProduct product(bell_matrix(20, 4, 9));
  for (const RangeRule& rule : {RangeRule{}, kMse, percent(90.0), kAwq})
    for (const bool symmetric : {true, false}) {
      const UnitFit fit(make_grid(grid_spec("uniform"), 4, symmetric), rule, !symmetric);
      EXPECT_TRUE(std::isnan(fit.fit(std::vector<float>{1.0f, kInf, 0.5f, 2.0f}, &product).scale));
      EXPECT_TRUE(
          std::isfinite(fit.fit(std::vector<float>{1.0f, kNan, 0.5f, -2.0f}, &product).scale));
    }
}

TEST(UnitFit, AwqWithoutInputsIsOurBug) {
  const UnitFit fit(make_grid(grid_spec("uniform"), 4, true), kAwq, false);
  EXPECT_THROW(fit.fit(std::vector<float>{1.0f, 2.0f}), InternalError);
}

}  // namespace
}  // namespace nf
