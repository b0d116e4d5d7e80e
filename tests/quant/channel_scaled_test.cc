#include "quant/channel_scaled.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <optional>

#include "core/base/error.h"
#include "quant/awq_search.h"
#include "quant/scaled_columns.h"
#include "quant/scaled_statistics.h"
#include "tests/quant/quantizer_test_data.h"
#include "tests/support/fake_replay.h"
#include "tests/support/gather_statistics.h"
#include "tests/support/held_rows.h"
#include "tests/support/random_matrix.h"
#include "tests/support/tensor_near.h"

namespace nf {
namespace {

constexpr Index kFeatures = 24;
constexpr InputNeeds kAll{
    .ranges = true, .second_moment = true, .sample = true, .weight_ranges = true, .replay = true};

/// A quantizer that does to each value, and with its context, as the test says.
class FakeQuantizer final : public Distortion {
 public:
  using Use = std::function<void(ConstMatrixView x, const DistortionContext& context)>;

  explicit FakeQuantizer(float added, InputNeeds needs = {}, Use use = {})
      : added_(added), needs_(needs), use_(std::move(use)) {}

  DistortionReport apply(ConstMatrixView x, const DistortionContext& context,
                         MatrixView distorted) const override {
    if (use_) use_(x, context);
    for (Index r = 0; r < x.rows(); ++r)
      for (Index c = 0; c < x.cols(); ++c) distorted(r, c) = x(r, c) + added_;
    return {.clipped = 3, .notes = {{"damping", 0.1}}};
  }
  bool draws() const override { return added_ == 2.0f; }
  bool has_steps() const override { return added_ == 2.0f; }
  bool follows_path() const override { return added_ == 2.0f; }
  InputNeeds input_needs(SiteTensor) const override { return needs_; }
  Json config() const override { return {{"grid", "fake"}}; }

 private:
  float added_;
  InputNeeds needs_;
  Use use_;
};

std::shared_ptr<const FakeQuantizer> copies() { return std::make_shared<FakeQuantizer>(0.0f); }

/// A weight, its inputs, and everything that is known of them.
struct Case {
  Case() {
    weights.push_back(random_matrix(17, kFeatures, 1));
    windows.push_back(random_matrix(40, kFeatures, 2));
    for (Index t = 0; t < 40; ++t) windows[0](t, 5) *= 30.0f;
    inputs = gather_statistics(kAll, windows, weights);
  }
  /// The same with scales that are powers of two, so that nothing is rounded.
  static Case with_powers_of_two() {
    Case made;
    InputStatistics changed =
        scaled_statistics(*made.inputs, std::vector<float>(kFeatures, 1.0f), kAll);
    for (Index j = 0; j < kFeatures; ++j)
      changed.max_abs[static_cast<std::size_t>(j)] = std::ldexp(1.0f, static_cast<int>(j % 9) - 4);
    made.inputs = std::make_shared<const InputStatistics>(std::move(changed));
    return made;
  }
  ConstMatrixView weight() const { return weights[0]; }
  ConstMatrixView x() const { return windows[0]; }
  DistortionContext context(SiteTensor tensor = SiteTensor::weight) const {
    return {.site = {.layer = 0, .role = Role::q_proj, .tensor = tensor}, .inputs = inputs.get()};
  }

  std::vector<Matrix> weights, windows;
  InputStatisticsPtr inputs;
};

/// Its scales are the largest |x| themselves.
constexpr SmoothQuantRule kAllToWeights{.alpha = 1.0};

Matrix made(const Distortion& quantizer, ConstMatrixView x, const DistortionContext& context) {
  Matrix out(x.rows(), x.cols());
  quantizer.apply(x, context, out);
  return out;
}

std::shared_ptr<AwqChoice> choice_of(std::vector<float> scale, double ratio = 0.35) {
  const auto choice = std::make_shared<AwqChoice>();
  choice->scale = std::move(scale);
  choice->ratio = ratio;
  return choice;
}

TEST(ChannelScaled, ChangesNothingButTheLastBitsByItself) {
  const Case c;
  const ChannelScaled scaled(copies(), SmoothQuantRule{.alpha = 0.5});
  for (const SiteTensor tensor : {SiteTensor::weight, SiteTensor::input}) {
    const ConstMatrixView x = tensor == SiteTensor::weight ? c.weight() : c.x();
    const Matrix out = made(scaled, x, c.context(tensor));
    for (Index r = 0; r < x.rows(); ++r)
      for (Index col = 0; col < x.cols(); ++col)
        ASSERT_NEAR(out(r, col), x(r, col), 2.5e-7f * std::abs(x(r, col)));  // two roundings
  }
}

TEST(ChannelScaled, WeightsAndInputsHaveTheSameScales) {
  const Case c;
  const ChannelScaled scaled(std::make_shared<FakeQuantizer>(1.0f), SmoothQuantRule{.alpha = 0.5});
  const Matrix weight = made(scaled, c.weight(), c.context(SiteTensor::weight));
  const Matrix x = made(scaled, c.x(), c.context(SiteTensor::input));
  double least = 1e9, most = 0.0;
  for (Index j = 0; j < kFeatures; ++j) {
    // 1 in scaled coordinates is 1/s of a weight and s of an input.
    const double of_weight = static_cast<double>(weight(0, j) - c.weight()(0, j));
    const double of_input = static_cast<double>(x(0, j) - c.x()(0, j));
    EXPECT_NEAR(of_weight * of_input, 1.0, 1e-4) << j;
    least = std::min(least, of_input);
    most = std::max(most, of_input);
  }
  EXPECT_GT(most, 4.0 * least);
}

TEST(ChannelScaled, TheInnerQuantizerIsToldOfScaledInputs) {
  const Case c = Case::with_powers_of_two();
  bool seen = false;
  const InputNeeds needs{
      .ranges = true, .second_moment = true, .sample = true, .weight_ranges = true};
  const auto inner = std::make_shared<FakeQuantizer>(
      0.0f, needs, [&](ConstMatrixView x, const DistortionContext& context) {
        seen = true;
        Matrix expected(x.rows(), x.cols());
        multiply_columns(c.weight(), c.inputs->max_abs, expected);
        EXPECT_TRUE(equal_bits(x, expected));
        ASSERT_NE(context.inputs, nullptr);
        EXPECT_TRUE(context.inputs->has(needs));
        EXPECT_EQ(context.inputs->max_abs, std::vector<float>(kFeatures, 1.0f));
        EXPECT_EQ(context.inputs->second_moment(3, 1),
                  c.inputs->second_moment(3, 1) / (0.5 * 0.125));
        EXPECT_EQ(context.replay, nullptr);  // it asked for none
        EXPECT_EQ(context.site, c.context().site);
      });
  made(ChannelScaled(inner, kAllToWeights), c.weight(), c.context());
  EXPECT_TRUE(seen);
}

TEST(ChannelScaled, AQuantizerWithoutNeedsIsToldNothing) {
  const Case c;
  const auto inner = std::make_shared<FakeQuantizer>(
      0.0f, InputNeeds{}, [](ConstMatrixView, const DistortionContext& context) {
        EXPECT_EQ(context.inputs, nullptr);
        EXPECT_EQ(context.choice, nullptr);
        EXPECT_EQ(context.replay, nullptr);
      });
  DistortionContext context = c.context();
  const auto choice = choice_of(std::vector<float>(kFeatures, 2.0f));
  context.choice = choice.get();
  made(ChannelScaled(inner, AwqRule{.steps = 20, .rounding = copies()}), c.weight(), context);
}

TEST(ChannelScaled, AReplayTakesTheOriginalWeight) {
  const Case c = Case::with_powers_of_two();
  const FakeReplay replay([](const FakeReplay::Question&) { return 0.5; }, true);
  DistortionContext context = c.context();
  context.replay = &replay;
  const auto inner = std::make_shared<FakeQuantizer>(
      0.0f, InputNeeds{.replay = true}, [](ConstMatrixView x, const DistortionContext& told) {
        ASSERT_NE(told.replay, nullptr);
        const SublayerReplay::Candidate candidate{Role::q_proj, x};
        EXPECT_EQ(told.replay->error(SublayerReplay::Around::made, {&candidate, 1}), 0.5);
        EXPECT_TRUE(told.replay->reads_alone(Role::q_proj));
      });
  made(ChannelScaled(inner, kAllToWeights), c.weight(), context);
  ASSERT_EQ(replay.questions.size(), 1u);
  EXPECT_EQ(replay.questions[0].around, SublayerReplay::Around::made);
  EXPECT_EQ(replay.questions[0].roles, std::vector<Role>{Role::q_proj});
  EXPECT_TRUE(equal_bits(replay.questions[0].weights[0], c.weight()));
}

TEST(ChannelScaled, GroupsAlongOutputsDoNotNoticeTheScale) {
  const Case c = Case::with_powers_of_two();
  for (const char* grid : {"uniform, symmetric: false", "uniform"}) {
    const auto rtn = [&](const char* unit) {
      return make_quantizer(fmt::format("{{grid: {}, bits: 4, granularity: {}}}", grid, unit));
    };
    const auto invariant = [&](const char* unit) {
      return static_cast<bool>(
          equal_bits(made(ChannelScaled(rtn(unit), kAllToWeights), c.weight(), c.context()),
                     distorted(*rtn(unit), c.weight())));
    };
    EXPECT_TRUE(invariant("{group: 5, axis: in}")) << grid;
    EXPECT_FALSE(invariant("{group: 8}")) << grid;
    EXPECT_FALSE(invariant("channel")) << grid;
    EXPECT_FALSE(invariant("tensor")) << grid;
  }
}

TEST(ChannelScaled, MadeInPartsHasTheBitsOfTheWhole) {
  const Case c;
  for (const char* unit : {"tensor", "channel", "{group: 8}", "{group: 5, axis: in}"}) {
    const ChannelScaled scaled(
        make_quantizer(fmt::format("{{grid: uniform, bits: 4, granularity: {}}}", unit)),
        SmoothQuantRule{.alpha = 0.5});
    const MadeInParts parts(scaled, c.weight(), c.context());
    EXPECT_TRUE(equal_bits(parts.distorted, made(scaled, c.weight(), c.context()))) << unit;
    Matrix step(17, kFeatures);
    scaled.local_step(c.weight(), c.context(), step);
    EXPECT_TRUE(equal_bits(parts.steps, step)) << unit;
  }
}

TEST(ChannelScaled, StepsAreInTheUnitOfTheOriginal) {
  const Case c = Case::with_powers_of_two();
  const DistortionPtr rtn = make_quantizer("{grid: uniform, bits: 4, granularity: channel}");
  Matrix step(17, kFeatures), inner(17, kFeatures), scaled_weight(17, kFeatures);
  ChannelScaled(rtn, kAllToWeights).local_step(c.weight(), c.context(), step);
  multiply_columns(c.weight(), c.inputs->max_abs, scaled_weight);
  rtn->local_step(scaled_weight, {}, inner);
  for (Index r = 0; r < 17; ++r)
    for (Index j = 0; j < kFeatures; ++j)
      EXPECT_EQ(step(r, j), inner(r, j) / c.inputs->max_abs[static_cast<std::size_t>(j)]);
}

TEST(ChannelScaled, ChosenScalesAreUsedAndTold) {
  const Case c;
  const DistortionPtr rtn = make_quantizer("{grid: uniform, bits: 4, granularity: channel}");
  const ChannelScaled scaled(rtn, AwqRule{.steps = 20, .rounding = rtn});
  DistortionContext context = c.context();
  const auto plain = choice_of(std::vector<float>(kFeatures, 1.0f), 0.0);
  context.choice = plain.get();
  EXPECT_TRUE(equal_bits(made(scaled, c.weight(), context), distorted(*rtn, c.weight())));
  const auto other = choice_of(awq_scale(*c.inputs, 0.35));
  context.choice = other.get();
  Matrix out(17, kFeatures);
  EXPECT_EQ(scaled.apply(c.weight(), context, out).notes, Json({{"ratio", 0.35}}));
  EXPECT_FALSE(equal_bits(out, distorted(*rtn, c.weight())));
  context.choice = nullptr;
  EXPECT_THROW(made(scaled, c.weight(), context), InternalError);
}

TEST(ChannelScaled, ChoosesByAwqAlone) {
  const Case c;
  const DistortionPtr rtn = make_quantizer("{grid: uniform, bits: 4, granularity: channel}");
  const ChannelScaled awq(rtn, AwqRule{.steps = 4, .rounding = rtn});
  const TensorReaders readers{.sites = {{.layer = 0, .role = Role::o_proj}},
                              .weights = {c.weight()}};
  DistortionContext context = c.context();
  context.site = readers.sites[0];
  EXPECT_TRUE(awq.chooses());
  const TensorChoicePtr choice = awq.choose(readers, context);
  ASSERT_NE(dynamic_cast<const AwqChoice*>(choice.get()), nullptr);
  EXPECT_EQ(dynamic_cast<const AwqChoice&>(*choice).losses.size(), 4u);
  const ChannelScaled smoothquant(rtn, SmoothQuantRule{});
  EXPECT_FALSE(smoothquant.chooses());
  EXPECT_EQ(smoothquant.choose(readers, context), nullptr);
}

TEST(ChannelScaled, IsOtherwiseAsItsInnerQuantizer) {
  const Case c;
  for (const float added : {1.0f, 2.0f}) {
    const auto inner = std::make_shared<FakeQuantizer>(added, InputNeeds{.sample = true});
    const ChannelScaled scaled(inner, SmoothQuantRule{.alpha = 0.3});
    EXPECT_EQ(scaled.draws(), inner->draws());
    EXPECT_EQ(scaled.has_steps(), inner->has_steps());
    EXPECT_FALSE(scaled.follows_path());  // the scale is of the untouched model
    EXPECT_EQ(scaled.rows_together(30), inner->rows_together(30));
    EXPECT_EQ(scaled.input_needs(SiteTensor::weight),
              (InputNeeds{.ranges = true, .sample = true, .weight_ranges = true}));
    Matrix out(17, kFeatures);
    const DistortionReport report = scaled.apply(c.weight(), c.context(), out);
    EXPECT_EQ(report.clipped, 3);
    EXPECT_EQ(report.notes, Json({{"damping", 0.1}}));
    EXPECT_EQ(scaled.config().dump(),
              R"({"grid":"fake","channel_scale":{"smoothquant":{"alpha":0.3}}})");
    const ChannelScaled awq(inner, AwqRule{.steps = 20, .rounding = copies()});
    EXPECT_EQ(awq.follows_path(), inner->follows_path());
    EXPECT_EQ(awq.config().dump(), R"({"grid":"fake","channel_scale":{"awq":{"steps":20}}})");
    EXPECT_EQ(awq.input_needs(SiteTensor::weight),
              (InputNeeds{.ranges = true, .second_moment = true, .sample = true, .replay = true}));
  }
}

TEST(ChannelScaled, HoldsTheScaledWeightAndWhatAReplayTakesBack) {
  const double matrix = 4.0 * 64 * 32;
  EXPECT_EQ(ChannelScaled(copies(), SmoothQuantRule{}).scratch_bytes(64, 32), matrix);
  const auto replays = std::make_shared<FakeQuantizer>(0.0f, InputNeeds{.replay = true});
  EXPECT_EQ(ChannelScaled(replays, SmoothQuantRule{}).scratch_bytes(64, 32), 2.0 * matrix);
}

TEST(ChannelScaled, WithoutStatisticsIsOurBug) {
  const Case c;
  EXPECT_THROW(made(ChannelScaled(copies(), SmoothQuantRule{}), c.weight(), {}), InternalError);
}

}  // namespace
}  // namespace nf
