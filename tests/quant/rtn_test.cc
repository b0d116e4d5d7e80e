#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "perturb/input_accumulator.h"
#include "quant/grid.h"
#include "tests/quant/quantizer_test_data.h"
#include "tests/reference/quantizer_reference.h"

namespace nf {
namespace {

/// One entry and the reference's form of it.
struct Case {
  std::string yaml;
  SiteTensor tensor;
  reference::Quantizer reference;
};

/// All grids x bits x granularities.
std::vector<Case> all_cases() {
  struct Named {
    const char* text = nullptr;
    std::optional<double> power;
    bool symmetric = true;
    bool full_levels = false, zero_in_range = false;
  };
  const Named grids[] = {
      {"grid: uniform", {}, true},
      {"grid: uniform, symmetric: false", {}, false},
      {"grid: power", kCubeRoot, true},
      {"grid: {power: 0.5}", 0.5, true},
      {"grid: {power: 1.5}", 1.5, true},
      {"grid: uniform, levels: full", {}, true, true},
      {"grid: uniform, symmetric: false, zero_in_range: true", {}, false, false, true},
  };
  const std::pair<const char*, Unit> weight_units[] = {
      {"tensor", Unit::tensor()},
      {"channel", Unit::channel()},
      {"{group: 5}", Unit::groups(5)},
      {"{group: 32}", Unit::groups(32)},
      {"{group: 1000}", Unit::groups(1000)},
      {"{group: 5, axis: in}", Unit::groups_in(5)},
      {"{group: 1, axis: in}", Unit::groups_in(1)},
      {"{group: 1000, axis: in}", Unit::groups_in(1000)},
  };
  const std::pair<const char*, Unit> input_units[] = {
      {"tensor", Unit::tensor()}, {"token", Unit::token()}, {"{group: 7}", Unit::groups(7)}};
  std::vector<Case> cases;
  for (const Named& grid : grids) {
    for (Index bits = 2; bits <= 8; ++bits) {
      const auto add = [&](const auto& unit, SiteTensor tensor) {
        cases.push_back(
            {fmt::format("{{{}, bits: {}, granularity: {}}}", grid.text, bits, unit.first),
             tensor,
             {grid.power, bits, grid.symmetric, unit.second, grid.full_levels,
              grid.zero_in_range}});
      };
      for (const auto& unit : weight_units) add(unit, SiteTensor::weight);
      for (const auto& unit : input_units) add(unit, SiteTensor::input);
    }
  }
  return cases;
}

bool has_library_root(const reference::Quantizer& q) { return q.power && *q.power != kCubeRoot; }

Index count_ones(const Matrix& x) { return std::count(x.data(), x.data() + x.size(), 1.0f); }

/// |x|^p must stay within f32, so what is huge depends on p.
constexpr float kHugeForPowersAboveOne = 1e8f;

TEST(Rtn, EqualsTheReference) {
  // The reference's pow and ours may round a value to neighbouring floats; the cube root and all
  // else is correctly rounded in both, hence equal.
  constexpr float kPowUlps = 3e-7f;
  for (const Case& c : all_cases()) {
    const DistortionPtr rtn = make_quantizer(c.yaml, c.tensor);
    for (const Index cols : {1, 3, 16, 33, 70}) {
      const unsigned seed = static_cast<unsigned>(cols);
      const Matrix x = c.reference.power.value_or(1.0) > 1.0
                           ? odd_rows(cols, seed, kHugeForPowersAboveOne)
                           : odd_rows(cols, seed);
      DistortionReport report;
      const Matrix got = distorted(*rtn, x, &report);
      const reference::QuantizedMatrix expected = reference::quantize(c.reference, x);
      EXPECT_EQ(report.clipped, count_ones(expected.clipped))
          << c.yaml << ", " << cols << " columns";
      const float slack = has_library_root(c.reference) ? kPowUlps : 0.0f;
      for (Index r = 0; r < x.rows(); ++r)
        for (Index col = 0; col < cols; ++col)
          ASSERT_LE(std::abs(got(r, col) - expected.values(r, col)),
                    slack * std::abs(expected.values(r, col)))
              << c.yaml << " at " << r << ", " << col << " of " << cols << ": x = " << x(r, col)
              << ", got " << got(r, col) << ", expected " << expected.values(r, col);
    }
  }
}

TEST(Rtn, ReadsAndWritesViewsWithAStride) {
  const Matrix whole = bell_matrix(9, 50, 1);
  const ConstMatrixView part = whole.view().middle_cols(3, 21);
  Matrix copy(9, 21);
  for (Index r = 0; r < 9; ++r)
    for (Index c = 0; c < 21; ++c) copy(r, c) = part(r, c);
  for (const char* unit : {"tensor", "channel", "{group: 4}", "{group: 4, axis: in}"}) {
    const DistortionPtr rtn =
        make_quantizer(fmt::format("{{grid: power, bits: 4, granularity: {}}}", unit));
    Matrix out(9, 50);
    out.fill(77.0f);
    rtn->apply(part, {}, out.view().middle_cols(10, 21));
    const Matrix expected = distorted(*rtn, copy);
    for (Index r = 0; r < 9; ++r)
      for (Index c = 0; c < 50; ++c)
        ASSERT_EQ(out(r, c), c < 10 || c >= 31 ? 77.0f : expected(r, c - 10)) << unit;
  }
}

TEST(Rtn, UniformErrorIsAtMostHalfAStep) {
  for (const Case& c : all_cases()) {
    if (c.reference.power) continue;
    const DistortionPtr rtn = make_quantizer(c.yaml, c.tensor);
    const Matrix x = bell_matrix(40, 70, 3);
    const Matrix got = distorted(*rtn, x);
    const reference::QuantizedMatrix grid = reference::quantize(c.reference, x);
    // The division and the product round: each by 2^-24 of at most 2^bits steps.
    const double rounding = std::ldexp(2.0, static_cast<int>(c.reference.bits) - 24);
    for (Index i = 0; i < x.size(); ++i) {
      const double scale = static_cast<double>(grid.scales.data()[i]);
      const double error = std::abs(static_cast<double>(got.data()[i] - x.data()[i]));
      // Units on one side of 0 saturate, and the rounded zero point may push an end out.
      if (grid.clipped.data()[i] == 1.0f) continue;
      ASSERT_LE(error, scale * (0.5 + rounding)) << c.yaml << " at " << i;
    }
    const bool spans_zero = c.reference.unit.group == 0 || c.reference.unit.group == 1000;
    if (c.reference.full_levels) continue;  // half a step is missing above
    if (c.reference.symmetric) {
      EXPECT_EQ(count_ones(grid.clipped), 0) << c.yaml;
    } else if (spans_zero) {  // at most one of the two ends of each unit
      EXPECT_LE(count_ones(grid.clipped), 70) << c.yaml;
    }
  }
}

TEST(Rtn, CubeRootErrorGrowsWithTheValue) {
  for (Index bits = 2; bits <= 8; ++bits) {
    const reference::Quantizer reference{kCubeRoot, bits, true, Unit::channel()};
    const DistortionPtr rtn =
        make_quantizer(fmt::format("{{grid: power, bits: {}, granularity: channel}}", bits));
    const Matrix x = bell_matrix(40, 70, 4);
    const Matrix got = distorted(*rtn, x);
    const reference::QuantizedMatrix grid = reference::quantize(reference, x);
    const double rounding = std::ldexp(1.0, -20);  // a few f32 roundings of x and of the bound
    for (Index i = 0; i < x.size(); ++i) {
      const double s = static_cast<double>(grid.scales.data()[i]);
      const double a = std::abs(static_cast<double>(x.data()[i]));
      const double y = std::cbrt(a);
      const double error = std::abs(static_cast<double>(got.data()[i] - x.data()[i]));
      // |ŷ − y| <= s/2 and x̂ − x = ŷ³ − y³: 1.5·s·|x|^(2/3) and what is of second order in s.
      const double bound = 1.5 * s * y * y + 0.75 * s * s * y + s * s * s / 8;
      ASSERT_LE(error, bound * (1 + std::ldexp(1.0, -15)) + rounding * a)
          << bits << " bits at " << i;
    }
  }
}

TEST(Rtn, LevelsAreFixedPointsOfTheirOwnScale) {
  // Stated in grid.h: under the same scales a second rounding changes no bit.
  for (const char* yaml : {"uniform", "power", "{power: 0.27}", "{power: 0.5}", "{power: 0.9}",
                           "{power: 2}", "{power: 4}"}) {
    const GridSpec spec = grid_spec(yaml);
    const bool has_high_power = spec.config.is_object() && spec.config["power"] > 1.0;
    for (const bool symmetric : {true, false}) {
      if (spec.symmetric_only && !symmetric) continue;
      for (Index bits = 2; bits <= 8; ++bits) {
        const auto grid = make_grid(spec, bits, symmetric);
        const unsigned seed = static_cast<unsigned>(bits);
        const Matrix x =
            has_high_power ? odd_rows(300, seed, kHugeForPowersAboveOne) : odd_rows(300, seed);
        for (Index r = 0; r < x.rows(); ++r) {
          const ConstVectorView row(x.view().row(r), 300);
          const auto [lowest, highest] = std::minmax_element(row.begin(), row.end());
          float scale = 0.0f, zero = 0.0f;
          grid->fit({&*lowest, 1}, {&*highest, 1}, {&scale, 1}, {&zero, 1});
          std::vector<float> once(300), twice(300);
          grid->quantize(row, {&scale, &zero}, once);
          EXPECT_EQ(grid->quantize(once, {&scale, &zero}, twice), 0);
          ASSERT_EQ(once, twice) << yaml << ", " << bits << " bits, row " << r;
        }
      }
    }
  }
}

TEST(Rtn, SymmetricLevelsSurviveFittingAgain) {
  // A fresh fit may move the scale by its last bit, the levels by as little; never to another
  // level.
  constexpr float kFewUlps = 1e-6f;
  for (const char* grid : {"uniform", "power"}) {
    const DistortionPtr rtn =
        make_quantizer(fmt::format("{{grid: {}, bits: 4, granularity: channel}}", grid));
    const Matrix once = distorted(*rtn, bell_matrix(50, 64, 6));
    const Matrix twice = distorted(*rtn, once);
    for (Index i = 0; i < once.size(); ++i)
      ASSERT_NEAR(twice.data()[i], once.data()[i], kFewUlps * std::abs(once.data()[i]));
  }
}

TEST(Rtn, PerInputChannelGroupsIgnoreTheScaleOfAnInput) {
  // Powers of two scale without rounding, so not a bit may change.
  const Matrix x = bell_matrix(45, 33, 7);
  Matrix scaled(45, 33);
  for (Index r = 0; r < 45; ++r)
    for (Index c = 0; c < 33; ++c) scaled(r, c) = std::ldexp(x(r, c), static_cast<int>(c % 9) - 4);
  for (const char* grid : {"uniform, symmetric: false", "uniform"}) {
    const auto rtn = [&](const char* unit) {
      return make_quantizer(fmt::format("{{grid: {}, bits: 4, granularity: {}}}", grid, unit));
    };
    const auto changed = [&](const char* unit) {
      const Matrix plain = distorted(*rtn(unit), x);
      const Matrix back = distorted(*rtn(unit), scaled);
      Index count = 0;
      for (Index r = 0; r < 45; ++r)
        for (Index c = 0; c < 33; ++c)
          count += std::ldexp(back(r, c), 4 - static_cast<int>(c % 9)) != plain(r, c);
      return count;
    };
    EXPECT_EQ(changed("{group: 16, axis: in}"), 0) << grid;
    EXPECT_GT(changed("{group: 16}"), 0) << grid;
  }
}

TEST(Rtn, LocalStepIsTheScaleOrTheCell) {
  const Matrix x = bell_matrix(20, 40, 8);
  const std::pair<const char*, Unit> units[] = {{"tensor", Unit::tensor()},
                                                {"channel", Unit::channel()},
                                                {"{group: 16}", Unit::groups(16)},
                                                {"{group: 6, axis: in}", Unit::groups_in(6)}};
  for (const auto& [unit, which] : units) {
    const reference::Quantizer uniform{{}, 4, false, which};
    reference::Quantizer root = uniform;
    root.symmetric = true;
    root.power = kCubeRoot;
    Matrix step(20, 40);
    make_quantizer(
        fmt::format("{{grid: uniform, symmetric: false, bits: 4, granularity: {}}}", unit))
        ->local_step(x, {}, step);
    const reference::QuantizedMatrix expected = reference::quantize(uniform, x);
    for (Index i = 0; i < x.size(); ++i)
      ASSERT_EQ(step.data()[i], expected.scales.data()[i]) << unit;

    make_quantizer(fmt::format("{{grid: power, bits: 4, granularity: {}}}", unit))
        ->local_step(x, {}, step);
    const reference::QuantizedMatrix cells = reference::quantize(root, x);
    for (Index i = 0; i < x.size(); ++i) {
      const double s = static_cast<double>(cells.scales.data()[i]);
      const double k = static_cast<double>(cells.levels.data()[i]);
      const double width = std::pow(s * (k + 0.5), 3.0) - std::pow(s * (k - 0.5), 3.0);
      ASSERT_NEAR(static_cast<double>(step.data()[i]), width, 1e-6 * width) << unit;  // f32
    }
  }
}

TEST(Rtn, AnInputsTokensDoNotTouchEachOther) {
  const DistortionPtr rtn =
      make_quantizer("{grid: uniform, bits: 8, granularity: token}", SiteTensor::input);
  Matrix x = bell_matrix(5, 48, 9);
  const Matrix before = distorted(*rtn, x);
  x(2, 7) = 1e6f;
  const Matrix after = distorted(*rtn, x);
  for (Index r = 0; r < 5; ++r) {
    bool same = true;
    for (Index c = 0; c < 48; ++c) same = same && before(r, c) == after(r, c);
    EXPECT_EQ(same, r != 2);
  }
}

/// Statistics of a calibration set of one window.
InputStatisticsPtr ranges_of(const Matrix& window) {
  InputAccumulator accumulator({.ranges = true}, window.cols(), {window.rows(), 1});
  accumulator.add(0, window);
  return std::move(accumulator).finish();
}

TEST(Rtn, AStaticRangeIsThatOfTheCalibrationSet) {
  Matrix window = bell_matrix(30, 8, 11);
  window(3, 5) = 9.0f;
  window(4, 6) = -6.0f;
  const InputStatisticsPtr inputs = ranges_of(window);
  const DistortionContext context{.site = {.tensor = SiteTensor::input}, .inputs = inputs.get()};
  Matrix x = bell_matrix(5, 8, 12);
  x(0, 0) = 20.0f;  // beyond the set: saturates
  for (const bool symmetric : {true, false}) {
    const DistortionPtr rtn = make_quantizer(
        fmt::format("{{grid: uniform, bits: 8, granularity: tensor, static: true, symmetric: {}}}",
                    symmetric),
        SiteTensor::input);
    EXPECT_EQ(rtn->input_needs(SiteTensor::input), InputNeeds{.ranges = true});
    reference::Quantizer q;
    q.bits = 8;
    q.symmetric = symmetric;
    const reference::Fit fit = reference::fit(q, {9.0f, -6.0f});
    Matrix out(5, 8);
    EXPECT_EQ(rtn->apply(x, context, out).clipped, 1);
    for (Index i = 0; i < x.size(); ++i)
      EXPECT_EQ(out.data()[i], reference::quantize(q, fit, x.data()[i]).value);
    // A part of the window has the same range.
    Matrix part(2, 8);
    rtn->apply(x.view().middle_rows(1, 2), context, part);
    for (Index c = 0; c < 8; ++c) EXPECT_EQ(part(0, c), out(1, c));
    EXPECT_THROW(distorted(*rtn, x), InternalError);
  }
}

TEST(Rtn, AnInfinityBeyondAStaticRangeDoesNotDisappear) {
  const InputStatisticsPtr inputs = ranges_of(bell_matrix(30, 8, 11));
  const DistortionContext context{.site = {.tensor = SiteTensor::input}, .inputs = inputs.get()};
  Matrix x = bell_matrix(5, 8, 12);
  x(0, 0) = INFINITY;
  x(1, 3) = -INFINITY;
  x(2, 4) = NAN;
  for (const char* grid : {"uniform, bits: 8", "uniform, bits: 8, symmetric: false",
                           "power, bits: 4", "nf4", "{codebook: [-1, 0, 0.5, 1]}"}) {
    Matrix out(5, 8);
    make_quantizer(fmt::format("{{grid: {}, granularity: tensor, static: true}}", grid),
                   SiteTensor::input)
        ->apply(x, context, out);
    for (Index i = 0; i < x.size(); ++i)
      EXPECT_EQ(std::isnan(out.data()[i]), !std::isfinite(x.data()[i])) << grid << " at " << i;
  }
}

TEST(Rtn, AwqsRangeClampsFirstAndLeavesQueriesAndKeysAlone) {
  const Matrix x = bell_matrix(6, 32, 13);
  Matrix window = bell_matrix(40, 32, 14);
  InputAccumulator accumulator({.sample = true}, 32, {40, 1});
  accumulator.add(0, window);
  const InputStatisticsPtr inputs = std::move(accumulator).finish();
  reference::Quantizer q;
  q.bits = 3;
  q.symmetric = false;
  const DistortionPtr awq =
      make_quantizer("{grid: uniform, bits: 3, granularity: g16, symmetric: false, range: awq}");
  const DistortionPtr plain =
      make_quantizer("{grid: uniform, bits: 3, granularity: g16, symmetric: false}");
  Matrix out(6, 32);
  awq->apply(x, {.site = {.role = Role::v_proj}, .inputs = inputs.get()}, out);
  Index clamped = 0;
  for (Index r = 0; r < 6; ++r)
    for (Index g = 0; g < 2; ++g) {
      const std::vector<float> values(x.data() + r * 32 + g * 16, x.data() + r * 32 + g * 16 + 16);
      const reference::ClampedFit fit =
          reference::fit_awq(q, values, window.view().middle_cols(g * 16, 16));
      for (Index c = 0; c < 16; ++c) {
        const float v = std::clamp(x(r, g * 16 + c), -fit.limit, fit.limit);
        EXPECT_EQ(out(r, g * 16 + c), reference::quantize(q, fit.fit, v).value);
        clamped += v != x(r, g * 16 + c) ? 1 : 0;
      }
    }
  EXPECT_GT(clamped, 0);
  for (const Role role : {Role::q_proj, Role::k_proj}) {
    awq->apply(x, {.site = {.role = role}, .inputs = inputs.get()}, out);
    const Matrix expected = distorted(*plain, x);
    for (Index i = 0; i < x.size(); ++i) EXPECT_EQ(out.data()[i], expected.data()[i]);
  }
}

TEST(Rtn, ConfigIsTheResolvedEntry) {
  EXPECT_EQ(
      make_quantizer("{grid: uniform, bits: 4, granularity: {group: 64}}")->config().dump(),
      R"({"grid":"uniform","bits":4,"granularity":{"group":64},"symmetric":true,"method":"rtn"})");
  EXPECT_EQ(make_quantizer("{granularity: {axis: in, group: 8}, bits: 3, grid: {power: 0.5}}")
                ->config()
                .dump(),
            R"({"grid":{"power":0.5},"bits":3,"granularity":{"group":8,"axis":"in"},)"
            R"("symmetric":true,"method":"rtn"})");
}

TEST(Rtn, EmptyMatricesAreLeftAlone) {
  const DistortionPtr rtn = make_quantizer("{grid: power, bits: 4, granularity: {group: 4}}");
  const Matrix none(0, 12);
  EXPECT_EQ(distorted(*rtn, none).size(), 0);
}

TEST(Rtn, AWrongShapeIsOurBug) {
  const DistortionPtr rtn = make_quantizer("{grid: power, bits: 4, granularity: tensor}");
  const Matrix x = bell_matrix(3, 4, 10);
  Matrix out(4, 3);
  EXPECT_THROW(rtn->apply(x, {}, out), InternalError);
  EXPECT_THROW(rtn->local_step(x, {}, out), InternalError);
}

}  // namespace
}  // namespace nf
