#include "quant/adaptive_axis.h"

#include <gtest/gtest.h>

#include <map>

#include "core/base/error.h"
#include "tests/quant/quantizer_test_data.h"
#include "tests/reference/quantizer_reference.h"
#include "tests/reference/sublayer_reference.h"
#include "tests/support/fake_replay.h"
#include "tests/support/gather_statistics.h"
#include "tests/support/large_features.h"
#include "tests/support/random_matrix.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tensor_near.h"
#include "tests/support/tiny_model.h"

namespace nf {
namespace {

constexpr Index kGroup = 8;

/// bits: of the entry; the trial has 3
DistortionPtr rtn(const std::string& unit, int bits) {
  return make_quantizer(
      fmt::format("{{grid: uniform, symmetric: false, bits: {}, granularity: {}}}", bits, unit));
}
AdaptiveAxis adaptive(ErrorAt error_at, int bits = 3) {
  const AdaptiveAxis::Form along_inputs{rtn("{group: 8}", 3), rtn("{group: 8}", bits)};
  const AdaptiveAxis::Form along_outputs{rtn("{group: 8, axis: in}", 3),
                                         rtn("{group: 8, axis: in}", bits)};
  return {along_inputs, along_outputs, kGroup, error_at};
}

struct Made {
  Matrix weight;
  std::string axis;
};
Made made(const Distortion& quantizer, ConstMatrixView x, const DistortionContext& context) {
  Made result{.weight = Matrix(x.rows(), x.cols()), .axis = {}};
  result.axis = quantizer.apply(x, context, result.weight).notes.at("axis");
  return result;
}

constexpr LargeFeatures kInputs{.first = 3, .step = 11, .factor = 4.0f};

Decoder open(const TinyModel& model) {
  const TempDir dir;  // mapped files outlive their names
  model.write(dir.path());
  return open_decoder(dir.path());
}

/// All linears of a block in their order, against the rule as the paper has it, in double.
class AdaptiveAxisOf : public ::testing::TestWithParam<ErrorAt> {};

TEST_P(AdaptiveAxisOf, IsTheOneOfTheReference) {
  std::map<std::string, int> axes;
  for (const TinyModel& model : {tiny_llama(), tiny_opt(), tiny_llama({.seed = 5})}) {
    const Decoder decoder = open(model);
    std::map<Role, std::vector<Matrix>> inputs;
    for (const LinearTensors& linear : decoder.spec().block(0).linears)
      inputs[linear.role] = kInputs.windows(
          linear.in, 10 * static_cast<std::uint64_t>(decoder.spec().input_owner(linear.role)));
    const Role mlp = decoder.spec().gated ? Role::gate_proj : Role::up_proj;
    ReferenceSublayers replay(decoder, 0, inputs[Role::q_proj], inputs[mlp]);
    for (const LinearTensors& linear : decoder.spec().block(0).linears) {
      const Role role = linear.role;
      Matrix weight(linear.out, linear.in);
      decoder.read_weight(0, role, weight);
      std::map<std::string, double> errors;
      for (const auto& [axis, unit] :
           {std::pair("out", Unit::groups(kGroup)), std::pair("in", Unit::groups_in(kGroup))}) {
        const Matrix rounded = std::move(
            reference::quantize({.power = {}, .bits = 3, .symmetric = false, .unit = unit}, weight)
                .values);
        const SublayerReplay::Candidate candidate{role, rounded};
        const bool own = role == Role::o_proj || role == Role::down_proj;
        errors[axis] = own || GetParam() == ErrorAt::site
                           ? ReferenceSublayers::own_error(weight, rounded, inputs[role])
                           : replay.error(SublayerReplay::Around::made, {&candidate, 1});
      }
      const InputStatisticsPtr statistics =
          gather_statistics({.second_moment = true}, inputs[role]);
      const Made result =
          made(adaptive(GetParam()), weight,
               {.site = {.layer = 0, .role = role}, .inputs = statistics.get(), .replay = &replay});
      EXPECT_EQ(result.axis, errors["in"] < errors["out"] ? "in" : "out")
          << role_name(role) << ": " << errors["out"] << ", " << errors["in"];
      ++axes[result.axis];
      replay.make(role, result.weight);
    }
  }
  EXPECT_GT(axes["in"], 2);
  EXPECT_GT(axes["out"], 2);
}

INSTANTIATE_TEST_SUITE_P(Places, AdaptiveAxisOf, ::testing::Values(ErrorAt::block, ErrorAt::site),
                         [](const auto& place) { return std::string(enum_name(place.param)); });

/// A weight that is better rounded along its outputs: column c is of size 4^c.
Matrix steep_weight() {
  Matrix weight = random_matrix(16, 8, 1);
  for (Index r = 0; r < 16; ++r)
    for (Index c = 0; c < 8; ++c) weight(r, c) *= std::ldexp(1.0f, static_cast<int>(2 * c) - 8);
  return weight;
}

TEST(AdaptiveAxis, MakesTheWeightAsTheEntryWouldOnTheChosenAxis) {
  const Matrix weight = steep_weight();
  for (const bool flat_inputs : {true, false}) {
    std::vector<Matrix> inputs = kInputs.windows(8, 3);
    for (Matrix& x : inputs)  // only the last features are read: their columns are the largest
      for (Index t = 0; t < x.rows() && !flat_inputs; ++t) std::fill_n(x.view().row(t), 7, 0.0f);
    const InputStatisticsPtr statistics = gather_statistics({.second_moment = true}, inputs);
    const DistortionContext context{.site = {.layer = 0, .role = Role::o_proj},
                                    .inputs = statistics.get()};
    const Made result = made(adaptive(ErrorAt::site, 5), weight, context);
    const DistortionPtr expected =
        rtn(result.axis == "in" ? "{group: 8, axis: in}" : "{group: 8}", 5);
    EXPECT_TRUE(equal_bits(result.weight, distorted(*expected, weight)));
    Matrix step(16, 8), expected_step(16, 8);
    adaptive(ErrorAt::site, 5).local_step(weight, context, step);
    expected->local_step(weight, {}, expected_step);
    EXPECT_TRUE(equal_bits(step, expected_step));
  }
}

TEST(AdaptiveAxis, LooksAtTheSublayerWithEarlierLinearsAsTheyWereMade) {
  const Matrix weight = random_matrix(16, 8, 1);
  const InputStatisticsPtr statistics =
      gather_statistics({.second_moment = true}, kInputs.windows(8, 3));
  for (const Role role : {Role::q_proj, Role::k_proj, Role::v_proj, Role::gate_proj, Role::up_proj,
                          Role::o_proj, Role::down_proj}) {
    const FakeReplay replay([](const FakeReplay::Question&) { return 1.0; });
    const DistortionContext context{
        .site = {.layer = 0, .role = role}, .inputs = statistics.get(), .replay = &replay};
    const Made result = made(adaptive(ErrorAt::block), weight, context);
    const bool own = role == Role::o_proj || role == Role::down_proj;
    EXPECT_EQ(replay.questions.size(), own ? 0u : 2u) << role_name(role);
    for (const FakeReplay::Question& question : replay.questions) {
      EXPECT_EQ(question.around, SublayerReplay::Around::made);
      EXPECT_EQ(question.roles, std::vector<Role>{role});
    }
    if (!own) {
      EXPECT_EQ(result.axis, "out");  // a tie
      EXPECT_TRUE(equal_bits(replay.questions[1].weights[0],
                             distorted(*rtn("{group: 8, axis: in}", 3), weight)));
    }
  }
}

TEST(AdaptiveAxis, NeedsWhatItLooksAt) {
  EXPECT_EQ(adaptive(ErrorAt::block).input_needs(SiteTensor::weight),
            (InputNeeds{.second_moment = true, .replay = true}));
  EXPECT_EQ(adaptive(ErrorAt::site).input_needs(SiteTensor::weight),
            (InputNeeds{.second_moment = true}));
  const Matrix weight = random_matrix(16, 8, 1);
  const InputStatisticsPtr statistics =
      gather_statistics({.second_moment = true}, kInputs.windows(8, 3));
  EXPECT_THROW(made(adaptive(ErrorAt::block), weight, {.inputs = statistics.get()}), InternalError);
  EXPECT_THROW(made(adaptive(ErrorAt::site), weight, {}), InternalError);
}

TEST(AdaptiveAxis, HoldsTheRoundedWeightAndItsPackedForm) {
  const auto bytes = [](const char* at) {
    return make_quantizer(
               fmt::format(
                   "{{grid: uniform, bits: 4, granularity: {{adaptive: 64, error_at: {}}}}}", at))
        ->scratch_bytes(256, 128);
  };
  EXPECT_GE(bytes("site"), 4.0 * 256 * 128);
  EXPECT_GE(bytes("block"), 2.0 * 4.0 * 256 * 128);
}

TEST(AdaptiveAxis, StandsInTheEntryAsItsGranularity) {
  EXPECT_EQ(adaptive(ErrorAt::block).config().dump(),
            R"({"grid":"uniform","bits":3,"granularity":{"adaptive":8,"error_at":"block"},)"
            R"("symmetric":false,"method":"rtn"})");
}

}  // namespace
}  // namespace nf
