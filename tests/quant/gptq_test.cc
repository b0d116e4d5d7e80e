#include "quant/gptq.h"

#include <gtest/gtest.h>

#include <cstring>

#include "core/base/error.h"
#include "tests/quant/gptq_test_data.h"
#include "tests/reference/gptq_reference.h"
#include "tests/support/threads.h"

namespace nf {
namespace {

/// Windows that H is divided by in these tests; any number does.
constexpr double kScale = 2.0 / 5;

UnitFit fit_of(const char* grid, bool symmetric, Levels levels = Levels::balanced,
               RangeRule rule = {}) {
  const auto made = std::shared_ptr<const Grid>(make_grid(grid_spec(grid), 4, symmetric, levels));
  return {made, rule, !symmetric};
}

Matrix rounded(ConstMatrixView w, const SymmetricMatrix& sums, const GptqOptions& options,
               const Unit& unit, const UnitFit& fit, GptqResult* result = nullptr,
               ConstMatrixView sample = {}) {
  Matrix out(w.rows(), w.cols());
  GptqResult made = gptq(w, sums, kScale, options, unit, fit, sample, out);
  if (result != nullptr) *result = std::move(made);
  return out;
}

Index places_that_differ(const Matrix& a, const Matrix& b) {
  Index count = 0;
  for (Index i = 0; i < a.size(); ++i)
    count += std::abs(a.data()[i] - b.data()[i]) > 1e-5f * std::abs(b.data()[i]);
  return count;
}

bool same_bits(const Matrix& a, const Matrix& b) {
  return std::memcmp(a.data(), b.data(), sizeof(float) * static_cast<std::size_t>(a.size())) == 0;
}

/// A weight [out, in] and its inputs.
struct Problem {
  Problem(Index out, Index in)
      : w(bell_matrix(out, in, 5, 0.1f)), inputs(correlated_statistics(in)) {}

  Matrix w;
  InputStatisticsPtr inputs;
};
constexpr Unit::Kind kGroup = Unit::Kind::group;
const std::vector<Unit>& all_units() {
  static const std::vector<Unit> units = {
      Unit::tensor(),    Unit::channel(),     Unit::groups(64),    Unit::groups(48),
      Unit::groups(200), Unit::groups_in(10), Unit::groups_in(64), Unit::groups_in(1000)};
  return units;
}

/// The reference is in double, so a value half way between two levels may fall to the other side
/// and take its successors with it: few values do.
void expect_equals_reference(const Problem& problem, const Unit& unit, const UnitFit& fit,
                             const GptqOptions& options, const std::string& where) {
  const InputStatisticsPtr& inputs = problem.inputs;
  const Matrix& w = problem.w;
  const ConstMatrixView sample = fit.needs_inputs() ? inputs->sample.view() : ConstMatrixView();
  const reference::GptqRounded expected =
      reference::gptq(w, inputs->second_moment, kScale,
                      {options.damping, options.block, options.act_order, options.static_groups},
                      unit, fit, sample);
  GptqResult result;
  const Matrix got = rounded(w, inputs->second_moment, options, unit, fit, &result, sample);
  const std::string place =
      fmt::format("{}, {} of group {}, [{}, {}], block {}, act_order {}, static_groups {}", where,
                  static_cast<int>(unit.kind), unit.group, w.rows(), w.cols(), options.block,
                  options.act_order, options.static_groups);
  EXPECT_LE(places_that_differ(got, expected.values), w.size() / 100) << place;
  EXPECT_NEAR(static_cast<double>(result.clipped), static_cast<double>(expected.clipped),
              0.1 * static_cast<double>(expected.clipped) + 1.0)
      << place;
  EXPECT_EQ(result.damping, expected.damping) << place;
}

TEST(Gptq, EqualsTheReferenceForEveryKeyAndUnit) {
  const Threads one(1);
  for (const auto& [out, in] : {std::pair<Index, Index>{1, 1}, {5, 7}, {12, 220}, {270, 37}}) {
    const Problem problem(out, in);
    for (const Unit& unit : all_units())
      for (const bool act_order : {false, true})
        for (const bool static_groups : {false, true})
          for (const Index block : {128, 1, 50, 600})
            if (unit.kind == kGroup || (!static_groups && block == 128))
              expect_equals_reference(problem, unit, fit_of("uniform", false),
                                      {0.01, block, act_order, static_groups}, "asymmetric");
  }
}

TEST(Gptq, EqualsTheReferenceForEveryGridAndRange) {
  const Threads one(1);
  const Problem problem(20, 100);
  const RangeRule mse{.kind = RangeRule::Kind::mse};
  const RangeRule awq{.kind = RangeRule::Kind::awq};
  for (const Unit& unit : all_units()) {
    for (const bool static_groups : {false, true}) {
      if (static_groups && unit.kind != kGroup) continue;
      const auto expect = [&](const UnitFit& fit, const char* where) {
        expect_equals_reference(problem, unit, fit,
                                {.act_order = true, .static_groups = static_groups}, where);
      };
      expect(fit_of("uniform", true), "balanced");
      // The largest value of a column lies half way between two levels, and has come of sums.
      if (unit.kind != Unit::Kind::group_in) expect(fit_of("uniform", true, Levels::full), "full");
      expect(fit_of("power", true), "power");
      expect(fit_of("nf4", true), "nf4");
      expect(fit_of("uniform", false, Levels::balanced, mse), "mse");
      expect(fit_of("uniform", true, Levels::balanced, awq), "awq");
    }
  }
}

TEST(Gptq, RoundsToNearestWhereInputsAreNotCorrelated) {
  SymmetricMatrix sums(100);
  for (Index i = 0; i < 100; ++i) sums.row(i)[i] = static_cast<double>(1 + i % 7);
  const Matrix w = bell_matrix(40, 100, 6);
  for (const char* unit : {"tensor", "channel", "{group: 16}", "{group: 7, axis: in}"}) {
    const std::string keys = fmt::format("grid: uniform, bits: 4, granularity: {}", unit);
    InputStatistics inputs;
    inputs.in = 100;
    inputs.size = {.tokens = 10, .windows = 2};
    inputs.second_moment = SymmetricMatrix(100);
    for (Index i = 0; i < 100; ++i) inputs.second_moment.row(i)[i] = sums(i, i);
    Matrix got(40, 100);
    const DistortionReport report = make_quantizer(fmt::format("{{method: gptq, {}}}", keys))
                                        ->apply(w, {.inputs = &inputs}, got);
    DistortionReport nearest;
    EXPECT_TRUE(
        same_bits(got, distorted(*make_quantizer(fmt::format("{{{}}}", keys)), w, &nearest)))
        << unit;
    EXPECT_EQ(report.clipped, nearest.clipped) << unit;
  }
}

TEST(Gptq, ErrsLessOnItsOwnInputsThanRoundingInTheSameGrid) {
  for (const Index in : {64, 200}) {
    const InputStatisticsPtr inputs = correlated_statistics(in, 11);
    const Matrix w = bell_matrix(48, in, 12, 0.1f);
    for (const Unit& unit : {Unit::tensor(), Unit::channel(), Unit::groups(32)}) {
      const GptqOptions options{.static_groups = true};
      const UnitFit fit = fit_of("uniform", false);
      SymmetricMatrix diagonal(in);  // the same scales, without feedback
      for (Index i = 0; i < in; ++i) diagonal.row(i)[i] = inputs->second_moment(i, i);
      const Matrix nearest = rounded(w, diagonal, options, unit, fit);
      const Matrix ours = rounded(w, inputs->second_moment, options, unit, fit);
      EXPECT_LT(output_error(w, ours, inputs->second_moment),
                0.8 * output_error(w, nearest, inputs->second_moment))
          << in << " inputs";
    }
  }
}

TEST(Gptq, ThreadsChangeNoBit) {
  const InputStatisticsPtr inputs = correlated_statistics(160);
  const Matrix w = bell_matrix(700, 160, 13);
  for (const Unit& unit : all_units()) {
    Matrix one, four;
    GptqResult of_one, of_four;
    {
      const Threads threads(1);
      one = rounded(w, inputs->second_moment, {}, unit, fit_of("uniform", false), &of_one);
    }
    {
      const Threads threads(4);
      four = rounded(w, inputs->second_moment, {}, unit, fit_of("uniform", false), &of_four);
    }
    EXPECT_TRUE(same_bits(one, four));
    EXPECT_TRUE(same_bits(of_one.units.scale, of_four.units.scale));
    EXPECT_EQ(of_one.clipped, of_four.clipped);
  }
}

TEST(Gptq, ReadsAndWritesViewsWithAStride) {
  const InputStatisticsPtr inputs = correlated_statistics(40);
  const Matrix whole = bell_matrix(20, 60, 14);
  const ConstMatrixView part = whole.view().middle_cols(7, 40);
  Matrix copy(20, 40);
  for (Index r = 0; r < 20; ++r) std::copy_n(part.row(r), 40, copy.view().row(r));
  Matrix out(20, 60);
  out.fill(77.0f);
  const UnitFit fit = fit_of("uniform", true);
  gptq(part, inputs->second_moment, kScale, {.act_order = true}, Unit::groups(16), fit, {},
       out.view().middle_cols(3, 40));
  const Matrix expected =
      rounded(copy, inputs->second_moment, {.act_order = true}, Unit::groups(16), fit);
  for (Index r = 0; r < 20; ++r)
    for (Index c = 0; c < 60; ++c)
      ASSERT_EQ(out(r, c), c < 3 || c >= 43 ? 77.0f : expected(r, c - 3));
}

TEST(Gptq, LevelsAreThoseOfTheUnitsItReports) {
  const InputStatisticsPtr inputs = correlated_statistics(100);
  const Matrix w = bell_matrix(30, 100, 15);
  for (const bool static_groups : {false, true}) {
    GptqResult result;
    const Matrix got =
        rounded(w, inputs->second_moment, {.act_order = true, .static_groups = static_groups},
                Unit::groups(24), fit_of("uniform", false), &result);
    ASSERT_EQ(result.units.scale.cols(), 5);
    for (Index r = 0; r < 30; ++r) {
      for (Index c = 0; c < 100; ++c) {
        const Index unit = result.unit_of_column[static_cast<std::size_t>(c)];
        EXPECT_TRUE(!static_groups || unit == c / 24);
        const float code = got(r, c) / result.units.scale(r, unit) + result.units.zero(r, unit);
        ASSERT_NEAR(code, std::nearbyint(code), 1e-4f);
        ASSERT_GE(code, -1e-4f);
        ASSERT_LE(code, 15.0001f);
      }
    }
  }
}

TEST(Gptq, ColumnsOfFeaturesThatWereAlwaysZeroBecomeZero) {
  const InputStatisticsPtr inputs = correlated_statistics(40);
  Matrix w = bell_matrix(20, 40, 16);
  w(4, 3) = 50.0f;  // of the feature that is always 0
  GptqResult channel, groups;
  const UnitFit fit = fit_of("uniform", true);
  const Matrix got = rounded(w, inputs->second_moment, {}, Unit::channel(), fit, &channel);
  for (Index r = 0; r < 20; ++r) EXPECT_EQ(got(r, 3), 0.0f);
  EXPECT_EQ(channel.units.scale(4, 0), 50.0f / 7) << "from the row as it came";
  rounded(w, inputs->second_moment, {.static_groups = true}, Unit::groups(40), fit, &groups);
  EXPECT_LT(groups.units.scale(4, 0), 1.0f) << "from the row without that column";
}

TEST(Gptq, NoInputsAtAllMakeAWeightOfZeros) {
  const Matrix w = bell_matrix(20, 40, 16);
  for (const Unit& unit : all_units()) {
    const Matrix got = rounded(w, SymmetricMatrix(40), {}, unit, fit_of("uniform", false));
    for (Index i = 0; i < got.size(); ++i) ASSERT_EQ(got.data()[i], 0.0f);
  }
}

/// Two inputs, correlated by more than they vary: not positive definite without damping.
InputStatistics indefinite(double beyond) {
  InputStatistics inputs;
  inputs.in = 2;
  inputs.size = {.tokens = 2, .windows = 2};
  inputs.second_moment = SymmetricMatrix(2);
  inputs.second_moment.row(0)[0] = inputs.second_moment.row(1)[1] = 1.0;
  inputs.second_moment.row(1)[0] = 1.0 + beyond;
  return inputs;
}

Json damping_taken(const Distortion& gptq, double beyond) {
  const InputStatistics inputs = indefinite(beyond);
  Matrix out(3, 2);
  return gptq.apply(bell_matrix(3, 2, 17), {.inputs = &inputs}, out).notes["damping"];
}

TEST(Gptq, AFactorisationThatFailsTakesTenTimesTheDamping) {
  const DistortionPtr gptq =
      make_quantizer("{method: gptq, grid: uniform, bits: 4, granularity: channel}");
  const auto damping = [&](double beyond) { return damping_taken(*gptq, beyond); };
  EXPECT_EQ(damping(0.005), 0.01);
  EXPECT_EQ(damping(0.05), 0.1);
  EXPECT_EQ(damping(50.0), 100.0);
}

TEST(Gptq, AFactorisationThatFailsWithoutDampingTakesTheUsual) {
  const DistortionPtr gptq =
      make_quantizer("{method: gptq, grid: uniform, bits: 4, granularity: channel, damping: 0}");
  const auto damping = [&](double beyond) { return damping_taken(*gptq, beyond); };
  EXPECT_EQ(damping(-0.5), 0.0);
  EXPECT_EQ(damping(0.005), 0.01);
  EXPECT_EQ(damping(5.0), 10.0);
  EXPECT_THROW(damping(50.0), NumericError);
}

TEST(Gptq, AMomentThatStaysSingularNamesTheSite) {
  const DistortionPtr gptq =
      make_quantizer("{method: gptq, grid: uniform, bits: 4, granularity: channel}");
  const Matrix w = bell_matrix(3, 2, 17);
  Matrix out(3, 2);
  const InputStatistics inputs = indefinite(200.0);
  try {
    gptq->apply(w, {.site = {.layer = 4, .role = Role::o_proj}, .inputs = &inputs}, out);
    FAIL();
  } catch (const NumericError& error) {
    EXPECT_STREQ(error.what(),
                 "layers.4.o_proj.weight: the second moment of the inputs is singular, also with "
                 "damping 100; give a larger damping or a larger calibration set");
  }
}

TEST(Gptq, AxisInHasItsOwnRangeWhateverTheKeysSay) {
  const InputStatisticsPtr inputs = correlated_statistics(40);
  Matrix w = bell_matrix(20, 40, 18);
  for (Index i = 0; i < w.size(); ++i) w.data()[i] += 6.0f;  // all on one side of 0
  const auto made = [&](const char* keys) {
    const DistortionPtr gptq = make_quantizer(
        fmt::format("{{method: gptq, grid: uniform, bits: 4, symmetric: false{}}}", keys));
    Matrix out(20, 40);
    gptq->apply(w, {.inputs = inputs.get()}, out);
    return out;
  };
  EXPECT_TRUE(same_bits(made(", granularity: {group: 8, axis: in}"),
                        made(", granularity: {group: 8, axis: in}, zero_in_range: true, "
                             "static_groups: true")));
  EXPECT_FALSE(same_bits(made(", granularity: {group: 8}"),
                         made(", granularity: {group: 8}, zero_in_range: true")));
}

TEST(Gptq, StepsAreThoseOfTheWeightByItself) {
  const Matrix w = bell_matrix(20, 40, 19);
  for (const char* unit : {"channel", "{group: 8}"}) {
    const std::string keys = fmt::format("grid: power, bits: 4, granularity: {}", unit);
    Matrix ours(20, 40), nearest(20, 40);
    make_quantizer(fmt::format("{{method: gptq, {}}}", keys))->local_step(w, {}, ours);
    make_quantizer(fmt::format("{{{}}}", keys))->local_step(w, {}, nearest);
    EXPECT_TRUE(same_bits(ours, nearest)) << unit;
  }
}

TEST(Gptq, ItsKeysStandInTheConfig) {
  EXPECT_EQ(
      make_quantizer(
          "{method: gptq, grid: uniform, bits: 4, granularity: {group: 64}, damping: 0.1, "
          "act_order: true}")
          ->config()
          .dump(),
      R"({"grid":"uniform","bits":4,"granularity":{"group":64},"symmetric":true,"method":"gptq",)"
      R"("damping":0.1,"block":128,"act_order":true,"static_groups":false})");
}

TEST(Gptq, RefusesKeysOutOfRangeAndActivations) {
  const auto message = [](const char* keys, SiteTensor tensor) -> std::string {
    try {
      make_quantizer(
          fmt::format("{{method: gptq, grid: uniform, bits: 4, granularity: tensor{}}}", keys),
          tensor);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_NE(message(", damping: -1", SiteTensor::weight).find("damping: must be at least 0, is -1"),
            std::string::npos);
  EXPECT_NE(message(", block: 0", SiteTensor::weight).find("block: must be at least 1, is 0"),
            std::string::npos);
  EXPECT_NE(message("", SiteTensor::input).find("gptq"), std::string::npos);
}

TEST(Gptq, HoldsTheFactorAndAPanelForEachThread) {
  const Threads threads(2);
  EXPECT_EQ(gptq_scratch_bytes(4096, 4096, Unit::channel()),
            4.0 * (4096.0 * 4096 + 2 * 2 * 256 * 4096.0));
}

}  // namespace
}  // namespace nf
