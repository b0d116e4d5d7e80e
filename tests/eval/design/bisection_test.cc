#include "eval/design/bisection.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "core/random/philox.h"

namespace nf {
namespace {

constexpr double kTarget = 0.05;
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

using State = Bisection::State;
using Curve = std::function<double(double)>;

BisectConfig settings(double lowest = 0.001, double highest = 1.0, Index max_steps = 12) {
  return {.range = {lowest, highest},
          .target = {BisectMetric::kl, kTarget},
          .rel_tolerance = 0.05,
          .max_steps = max_steps};
}

struct Outcome {
  State state = State::searching;
  Bisection::Point best;
  std::vector<double> values;
};

Outcome search(const Curve& curve, const BisectConfig& config = settings()) {
  Bisection bisection(config);
  Outcome outcome;
  while (const std::optional<double> value = bisection.next()) {
    EXPECT_GE(*value, config.range.lowest);
    EXPECT_LE(*value, config.range.highest);
    outcome.values.push_back(*value);
    bisection.add(*value, curve(*value));
    if (outcome.values.size() > 1000) break;  // a search that does not end
  }
  EXPECT_LE(static_cast<Index>(outcome.values.size()), config.max_steps);
  EXPECT_EQ(bisection.steps(), static_cast<Index>(outcome.values.size()));
  outcome.state = bisection.state();
  outcome.best = bisection.best();
  return outcome;
}

void expect_met(const Outcome& outcome) {
  EXPECT_EQ(outcome.state, State::converged);
  EXPECT_LE(std::abs(outcome.best.metric - kTarget), 0.05 * kTarget);
}

/// KL of a model under noise: square for small noise, levelling off where nothing is left to lose.
Curve kl_curve(double sensitivity) {
  return [sensitivity](double r) {
    const double square = sensitivity * r * r;
    return 9.0 * square / (9.0 + square);
  };
}

TEST(Bisection, BeginsInTheGeometricMiddleAndGoesBySquares) {
  Bisection bisection(settings(0.01, 1.0));
  EXPECT_EQ(bisection.next(), 0.1);
  bisection.add(0.1, 0.2);
  EXPECT_EQ(bisection.next(), 0.05);  // a quarter of the KL at half the size
  EXPECT_EQ(bisection.next(), 0.05);  // asking changes nothing
  bisection.add(0.05, 0.051);
  EXPECT_EQ(bisection.state(), State::converged);
  EXPECT_EQ(bisection.next(), std::nullopt);
  EXPECT_EQ(bisection.best().value, 0.05);
}

TEST(Bisection, NeedsAtMostFiveStepsOnTheUsualCurve) {
  for (const double sensitivity : {0.1, 0.5, 1.0, 5.0, 30.0, 200.0, 3000.0, 30000.0}) {
    const Outcome outcome = search(kl_curve(sensitivity));
    expect_met(outcome);
    EXPECT_LE(outcome.values.size(), 5u) << sensitivity;
  }
}

TEST(Bisection, FollowsOtherPowers) {
  for (const double power : {0.5, 1.0, 3.0, 4.0, 6.0})
    for (const double at : {0.002, 0.03, 0.2, 0.7}) {
      const Outcome outcome = search([&](double r) { return kTarget * std::pow(r / at, power); });
      expect_met(outcome);
      EXPECT_LE(outcome.values.size(), 8u) << power << " " << at;
    }
}

TEST(Bisection, FollowsAMetricThatFalls) {
  // A strength in dB: KL falls by 10 for every 10 dB.
  const Outcome outcome =
      search([](double db) { return 3.0 * std::pow(10.0, -db / 10.0); }, settings(5.0, 60.0));
  expect_met(outcome);
  EXPECT_NEAR(outcome.best.value, 10.0 * std::log10(3.0 / kTarget), 0.3);
  EXPECT_LE(outcome.values.size(), 7u);
}

TEST(Bisection, FindsTheWallOfASteepCurve) {
  const Outcome outcome =
      search([](double r) { return 10.0 / (1.0 + std::exp(-(r - 0.3) * 200.0)); });
  expect_met(outcome);
}

TEST(Bisection, LeavesTheRangeByTheEndThatIsNearer) {
  const Outcome above = search([](double r) { return 0.001 * r; });
  EXPECT_EQ(above.state, State::above_range);
  EXPECT_EQ(above.best.value, 1.0);
  const Outcome below = search([](double r) { return 1.0 + r; });
  EXPECT_EQ(below.state, State::below_range);
  EXPECT_EQ(below.best.value, 0.001);
  const Outcome falls = search([](double r) { return 1.0 / (1.0 + r); });
  EXPECT_EQ(falls.state, State::above_range);
  EXPECT_EQ(falls.best.value, 1.0);
  for (const Outcome& outcome : {above, below, falls}) EXPECT_LE(outcome.values.size(), 7u);
}

TEST(Bisection, TriesTheEndsOnlyWherePressed) {
  for (const double sensitivity : {0.1, 5.0, 3000.0})
    for (const double value : search(kl_curve(sensitivity)).values) {
      EXPECT_GT(value, 0.001);
      EXPECT_LT(value, 1.0);
    }
  // The target at the very end is found there.
  expect_met(search([](double r) { return kTarget * r; }));
}

TEST(Bisection, GivesUpOnAFlatMetric) {
  for (const double flat : {0.0, 1e-9, 0.01}) {
    const Outcome outcome = search([&](double) { return flat; });
    EXPECT_EQ(outcome.state, State::above_range) << flat;
    EXPECT_LE(outcome.values.size(), 8u);
  }
  EXPECT_EQ(search([](double) { return 1.0; }).state, State::below_range);
}

TEST(Bisection, EndsWhereTheMetricJumpsOverTheTarget) {
  const Curve jump = [](double r) { return r < 0.123456 ? 0.01 : 0.9; };
  const Outcome outcome = search(jump);
  EXPECT_EQ(outcome.state, State::out_of_steps);
  EXPECT_EQ(outcome.best.metric, 0.01);
  // With steps enough it ends by itself, where the jump is.
  const Outcome longer = search(jump, settings(0.001, 1.0, 100));
  EXPECT_EQ(longer.state, State::out_of_steps);
  EXPECT_LT(longer.values.size(), 45u);
  EXPECT_NEAR(longer.best.value, 0.123456, 1e-6);
}

TEST(Bisection, ClimbsStairs) {
  const Outcome outcome = search(
      [](double r) { return kTarget * std::floor(10.0 * r / 0.3) / 10.0; }, settings(0.001, 1, 20));
  expect_met(outcome);
}

TEST(Bisection, EndsOnNoise) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    std::uint64_t step = 0;
    const auto draw = [&] {
      return static_cast<double>(element_block(step++, 0, seed)[0]) / 4294967296.0 - 0.5;
    };
    // Noise as large as the target itself, negative too: what a ΔNLL of few windows looks like.
    search([&](double r) { return kl_curve(5.0)(r) + 2.0 * kTarget * draw(); });
    // Noise alone.
    search([&](double) { return draw(); });
    // A tenth of the target still lets it in.
    const Outcome near = search([&](double r) { return kl_curve(5.0)(r) * (1.0 + 0.1 * draw()); });
    expect_met(near);
  }
}

TEST(Bisection, StaysBetweenTwoSidesOfACurveThatTurns) {
  // Up, down and up again: three values meet the target.
  const Outcome outcome = search([](double r) {
    const double x = std::log(r);
    return kTarget * std::exp(1.5 * std::sin(2.0 * x) + 0.3 * (x + 3.0));
  });
  expect_met(outcome);
}

TEST(Bisection, TakesAFailedTrialForTooMuch) {
  const Outcome outcome = search([](double r) { return r > 0.02 ? kNan : kl_curve(500.0)(r); });
  expect_met(outcome);
  const Outcome never = search([](double) { return kNan; });
  EXPECT_EQ(never.state, State::below_range);
  EXPECT_EQ(never.best.metric, kInf);
  EXPECT_LE(never.values.size(), 8u);
}

TEST(Bisection, TakesNothingOrLessForTooLittle) {
  const Outcome outcome = search([](double r) { return kl_curve(5.0)(r) - 0.02; });
  expect_met(outcome);
  const Outcome negative = search([](double r) { return r < 0.1 ? -r : 3.0 * (r - 0.1); });
  expect_met(negative);
}

TEST(Bisection, StopsAfterItsSteps) {
  const Outcome outcome = search(kl_curve(3.0), settings(0.001, 1.0, 1));
  EXPECT_EQ(outcome.state, State::out_of_steps);
  EXPECT_EQ(outcome.values.size(), 1u);
}

TEST(Bisection, TriesNumbersThatCanBeWritten) {
  for (const double value : search(kl_curve(7.0), settings(0.0012345678, 0.98)).values)
    EXPECT_EQ(std::stod(fmt::format("{:.6e}", value)), value);
}

TEST(Bisection, ReportsTheLastOfEquals) {
  Bisection bisection(settings(0.01, 1.0));
  bisection.add(0.1, 0.01);
  const double second = *bisection.next();
  bisection.add(second, 0.01);
  EXPECT_EQ(bisection.best().value, second);
}

}  // namespace
}  // namespace nf
