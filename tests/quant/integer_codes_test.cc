/// The integers that quantizers' x̂ consists of: they are the quantizers' own to the last bit, and
/// linears of them are as near to the simulation as f32 sums allow.

#include "perturb/integer_codes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "core/ops/gemm.h"
#include "quant/outlier_features.h"
#include "tests/quant/gptq_test_data.h"
#include "tests/quant/quantizer_test_data.h"
#include "tests/reference/integer_reference.h"

namespace nf {
namespace {

constexpr Index kFeatures = 37;
constexpr InputNeeds kAll{
    .ranges = true, .second_moment = true, .sample = true, .weight_ranges = true};

/// What quantizers need to know, of inputs with a few large features.
InputStatisticsPtr statistics(ConstMatrixView weight) {
  std::vector<Matrix> windows, weights;
  windows.push_back(correlated_inputs(50, kFeatures, 3));
  weights.emplace_back(weight.rows(), weight.cols());
  std::copy_n(weight.data(), weight.size(), weights[0].data());
  return gather_statistics(kAll, windows, weights);
}

DistortionContext context_of(SiteTensor tensor, const InputStatisticsPtr& inputs) {
  return {.site = {.layer = 0, .role = Role::v_proj, .tensor = tensor}, .inputs = inputs.get()};
}

/// x̂ and its integers.
struct Rounded {
  Rounded(const std::string& yaml, SiteTensor tensor, ConstMatrixView x,
          const InputStatisticsPtr& inputs)
      : quantizer(make_quantizer(yaml, tensor)), levels(quantizer->integer_levels(tensor)) {
    EXPECT_TRUE(levels.exist()) << levels.problem;
    DistortionContext context = context_of(tensor, inputs);
    scales.resize(x.rows());
    context.integers = &scales;
    made.resize(x.rows(), x.cols());
    quantizer->apply(x, context, made);
    Matrix without(x.rows(), x.cols());
    context.integers = nullptr;
    quantizer->apply(x, context, without);
    for (Index i = 0; i < x.size(); ++i)
      if (!std::isnan(without.data()[i])) {
        EXPECT_EQ(made.data()[i], without.data()[i]) << yaml << ": asking changed x̂ at " << i;
      }
  }

  DistortionPtr quantizer;
  IntegerLevels levels;
  IntegerScales scales;
  Matrix made;
};

const std::string kAxes[] = {"bits: 8",
                             "bits: 7",
                             "bits: 4",
                             "bits: 8, symmetric: false",
                             "bits: 5, symmetric: false",
                             "bits: 3, levels: full",
                             "bits: 8, levels: full",
                             "bits: 8, symmetric: false, zero_in_range: true",
                             "bits: 6, range: mse",
                             "bits: 8, range: {percentile: 99}"};
const std::string kWeightAxes[] = {
    "granularity: channel",
    "granularity: tensor",
    "granularity: channel, method: gptq",
    "granularity: tensor, method: gptq, act_order: true",
    "granularity: channel, channel_scale: {smoothquant: {alpha: 0.5}}",
    "granularity: channel, method: gptq, channel_scale: {smoothquant: {alpha: 0.7}}"};
const std::string kInputAxes[] = {
    "granularity: token",
    "granularity: tensor",
    "granularity: token, channel_scale: {smoothquant: {alpha: 0.5}}",
    "granularity: token, except_outliers: 6.0",
    "granularity: tensor, except_outliers: 2.0",
    "granularity: token, channel_scale: {smoothquant: {alpha: 0.5}}, except_outliers: 6.0"};

std::string entry(const std::string& axes, const std::string& more) {
  return "{grid: uniform, " + axes + ", " + more + "}";
}

Matrix inputs_with_outliers() { return correlated_inputs(23, kFeatures, 11); }

TEST(IntegerCodes, OfWeightsAreTheQuantizersOwnToTheLastBit) {
  const Matrix w = bell_matrix(19, kFeatures, 5, 0.1f);
  const InputStatisticsPtr inputs = statistics(w);
  for (const std::string& axes : kAxes)
    for (const std::string& more : kWeightAxes) {
      const std::string yaml = entry(axes, more);
      const Rounded rounded(yaml, SiteTensor::weight, w, inputs);
      const WeightCodes codes = weight_codes(rounded.made, rounded.scales, rounded.levels);
      for (Index r = 0; r < w.rows(); ++r)
        for (Index c = 0; c < w.cols(); ++c) {
          const auto row = static_cast<std::size_t>(r);
          const int zero = codes.zeros.empty() ? 0 : codes.zeros[row];
          float value = static_cast<float>(codes.row(r)[c] - zero) * codes.scales[row];
          if (!rounded.scales.channel.empty())
            value = value / rounded.scales.channel[static_cast<std::size_t>(c)];
          ASSERT_EQ(value, rounded.made(r, c)) << yaml << " at " << r << ", " << c;
          ASSERT_LE(std::abs(int{codes.row(r)[c]}), rounded.levels.most_of_weight()) << yaml;
          ASSERT_LE(std::abs(codes.row(r)[c] - zero), rounded.levels.most()) << yaml;
        }
    }
}

TEST(IntegerCodes, OfInputsAreTheQuantizersOwnToTheLastBit) {
  const Matrix x = inputs_with_outliers();
  const InputStatisticsPtr inputs = statistics(bell_matrix(19, kFeatures, 5, 0.1f));
  std::vector<std::string> entries = {"{grid: uniform, bits: 8, granularity: tensor, static: true}",
                                      "{grid: uniform, bits: 8, granularity: tensor, static: true, "
                                      "symmetric: false}"};
  for (const std::string& axes : kAxes)
    for (const std::string& more : kInputAxes) entries.push_back(entry(axes, more));
  Index beside = 0;
  for (const std::string& yaml : entries) {
    const Rounded rounded(yaml, SiteTensor::input, x, inputs);
    IntegerInputs codes;
    codes.resize(x.rows() + 4, kFeatures);
    put_integers(rounded.made, rounded.scales, rounded.levels, 3, codes);
    beside += std::ssize(codes.beside);
    for (Index r = 0; r < x.rows(); ++r)
      for (Index c = 0; c < x.cols(); ++c) {
        const auto row = static_cast<std::size_t>(r + 3), col = static_cast<std::size_t>(c);
        const int code = codes.codes()[(r + 3) * kFeatures + c];
        if (!rounded.scales.stays.empty() && rounded.scales.stays[col]) {
          ASSERT_EQ(code, codes.zeros[row]) << yaml;
          continue;
        }
        float value = static_cast<float>(code - codes.zeros[row]) * codes.scales[row];
        if (!rounded.scales.channel.empty()) value = value * rounded.scales.channel[col];
        ASSERT_EQ(value, rounded.made(r, c)) << yaml << " at " << r << ", " << c;
        ASSERT_LE(code, rounded.levels.most_of_input()) << yaml;
      }
  }
  EXPECT_GT(beside, 0) << "no feature was left out";
}

/// |Δ| of a linear against the f32 product of what is simulated: the bound of integer_linear.h.
TEST(IntegerCodes, LinearsAreWithinF32SumsOfTheirSimulation) {
  if (!int8_is_native()) GTEST_SKIP() << "no VNNI (" << gemm_isa() << ")";
  const Matrix w = bell_matrix(19, kFeatures, 5, 0.1f), x = inputs_with_outliers();
  const InputStatisticsPtr inputs = statistics(w);
  const std::vector<float> bias(19, 0.25f);
  const double u = 0x1p-24, k = static_cast<double>(kFeatures) + 10.0;
  const double gamma = k * u / (1.0 - k * u);
  double worst = 0.0;
  for (const std::string& axes : {kAxes[0], kAxes[2], kAxes[3], kAxes[6]})
    for (const std::string& of_weight : kWeightAxes)
      for (const std::string& of_input : kInputAxes) {
        const Rounded weight(entry(axes, of_weight), SiteTensor::weight, w, inputs),
            input(entry(axes, of_input), SiteTensor::input, x, inputs);
        const bool same_scale = weight.levels.channel_scale == input.levels.channel_scale;
        if (!same_scale) continue;
        IntegerInputs integers;
        integers.resize(x.rows(), kFeatures);
        put_integers(input.made, input.scales, input.levels, 0, integers);
        Matrix simulated(x.rows(), 19), executed(x.rows(), 19);
        linear(input.made, pack_weight(weight.made), bias, simulated);
        WeightCodes codes = weight_codes(weight.made, weight.scales, weight.levels);
        codes.has_columns = keeps_features(*input.quantizer);
        linear(integers, pack_codes(codes), bias, executed);
        for (Index r = 0; r < x.rows(); ++r)
          for (Index o = 0; o < 19; ++o) {
            double size = 0.25;
            for (Index c = 0; c < kFeatures; ++c)
              size += std::abs(double{input.made(r, c)} * double{weight.made(o, c)});
            const double distance = std::abs(double{executed(r, o)} - double{simulated(r, o)});
            ASSERT_LE(distance, gamma * size) << entry(axes, of_weight) << entry(axes, of_input);
            worst = std::max(worst, distance / (gamma * size));
          }
      }
  EXPECT_GT(worst, 0.0) << "the two are the same, so nothing was executed";
}

TEST(IntegerCodes, RowsOfOneValueAndOfZerosAreWhatTheSimulationHas) {
  const Matrix x = odd_rows(kFeatures, 2, 1e30f);
  for (const char* axes : {"bits: 8", "bits: 8, symmetric: false"}) {
    const Rounded rounded(entry(axes, "granularity: token"), SiteTensor::input, x, nullptr);
    IntegerInputs codes;
    codes.resize(x.rows(), kFeatures);
    put_integers(rounded.made, rounded.scales, rounded.levels, 0, codes);
    for (Index r = 0; r < x.rows(); ++r)
      for (Index c = 0; c < x.cols(); ++c) {
        const auto row = static_cast<std::size_t>(r);
        const int code = codes.codes()[r * kFeatures + c];
        ASSERT_EQ(static_cast<float>(code - codes.zeros[row]) * codes.scales[row],
                  rounded.made(r, c))
            << axes << " at " << r << ", " << c;
      }
  }
}

TEST(IntegerCodes, WhatIsNotFiniteMakesItsRowNan) {
  Matrix x = bell_matrix(4, kFeatures, 1);
  x(1, 3) = std::numeric_limits<float>::quiet_NaN();
  x(2, 5) = std::numeric_limits<float>::infinity();
  const InputStatisticsPtr inputs = statistics(bell_matrix(19, kFeatures, 5, 0.1f));
  for (const char* more : {"granularity: token", "granularity: tensor, static: true",
                           "granularity: token, except_outliers: 6.0"}) {
    const Rounded rounded(entry("bits: 8", more), SiteTensor::input, x, inputs);
    IntegerInputs codes;
    codes.resize(4, kFeatures);
    put_integers(rounded.made, rounded.scales, rounded.levels, 0, codes);
    for (const std::size_t r : {0, 3}) EXPECT_FALSE(std::isnan(codes.scales[r])) << more << r;
    for (const std::size_t r : {1, 2}) EXPECT_TRUE(std::isnan(codes.scales[r])) << more << r;
  }
}

/// Ordinary rows, and those of which a range says nothing.
Matrix rows_of_any_kind(Index cols) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  Matrix x = bell_matrix(10, cols, 1);
  x(1, 3) = std::numeric_limits<float>::quiet_NaN();
  x(2, 5) = kInf;
  x(3, 5) = -kInf;
  x(4, 0) = kInf;
  x(4, 1) = -kInf;
  for (Index c = 0; c < cols; ++c) {
    x(5, c) = 0.0f;
    x(6, c) *= 1e-40f;
    x(7, c) = -std::abs(x(7, c)) - 3.0f;
    x(8, c) = -kInf;
  }
  return x;
}

/// Codes lie where products take them from, and the two arms are finite in the same places.
void expect_same_places(const std::string& of_weight, const std::string& of_input,
                        ConstMatrixView w, ConstMatrixView x) {
  const std::string where = of_weight + of_input;
  const InputStatisticsPtr inputs = statistics(bell_matrix(19, kFeatures, 5, 0.1f));
  const Rounded weight(of_weight, SiteTensor::weight, w, inputs),
      input(of_input, SiteTensor::input, x, inputs);
  WeightCodes codes = weight_codes(weight.made, weight.scales, weight.levels);
  codes.has_columns = keeps_features(*input.quantizer);
  for (const std::int32_t zero : codes.zeros) EXPECT_TRUE(zero >= -128 && zero <= 127) << where;
  IntegerInputs integers;
  integers.resize(x.rows(), kFeatures);
  put_integers(input.made, input.scales, input.levels, 0, integers);
  for (const std::int32_t zero : integers.zeros) EXPECT_TRUE(zero >= 0 && zero <= 255) << where;
  Matrix simulated(x.rows(), w.rows()), executed(x.rows(), w.rows());
  linear(input.made, pack_weight(weight.made), {}, simulated);
  linear(integers, pack_codes(codes), {}, executed);
  for (Index r = 0; r < x.rows(); ++r)
    for (Index o = 0; o < w.rows(); ++o)
      ASSERT_EQ(std::isfinite(executed(r, o)), std::isfinite(simulated(r, o)))
          << where << " at " << r << ", " << o;
}

TEST(IntegerCodes, AreFiniteWhereTheSimulationIs) {
  if (!int8_is_native()) GTEST_SKIP() << "no VNNI (" << gemm_isa() << ")";
  const Matrix odd = rows_of_any_kind(kFeatures), plain = bell_matrix(19, kFeatures, 5, 0.1f);
  const std::string channel = entry("bits: 8", "granularity: channel");
  for (const std::string bits :
       {"bits: 8", "bits: 8, symmetric: false", "bits: 8, symmetric: false, zero_in_range: true"}) {
    for (const std::string more :
         {"granularity: token", "granularity: tensor", "granularity: tensor, static: true",
          "granularity: token, except_outliers: 6.0", "granularity: token, except_outliers: 1e-9",
          "granularity: tensor, except_outliers: 1e-9"}) {
      expect_same_places(channel, entry(bits, more), plain, odd);
      expect_same_places(channel, entry(bits, more), plain, plain);
    }
    for (const char* more : {"granularity: channel", "granularity: tensor"})
      expect_same_places(entry(bits, more), entry("bits: 8", "granularity: token"), odd, plain);
  }
}

TEST(IntegerCodes, OfWeightsAreKeptByColumnsForInputsThatKeepFeatures) {
  const auto keeps = [](const std::string& more) {
    return keeps_features(*make_quantizer(entry("bits: 8", more), SiteTensor::input));
  };
  EXPECT_FALSE(keeps("granularity: token"));
  EXPECT_TRUE(keeps("granularity: token, except_outliers: 6.0"));
  EXPECT_TRUE(keeps(kInputAxes[5])) << "under a scale of the features";
  const Matrix w = bell_matrix(19, kFeatures, 5, 0.1f);
  const Rounded weight(entry("bits: 8", "granularity: channel"), SiteTensor::weight, w,
                       statistics(w));
  WeightCodes codes = weight_codes(weight.made, weight.scales, weight.levels);
  EXPECT_TRUE(pack_codes(codes).int8_scales()->columns.empty());
  codes.has_columns = true;
  EXPECT_EQ(std::ssize(pack_codes(codes).int8_scales()->columns), w.size());
}

TEST(IntegerLevels, AreRefusedWhereRowsHaveNoScaleOfTheirOwn) {
  const auto problem = [](const std::string& yaml, SiteTensor tensor) {
    return make_quantizer(yaml, tensor)->integer_levels(tensor).problem;
  };
  for (const char* yaml :
       {"{grid: nf4, granularity: channel}", "{grid: power, bits: 8, granularity: channel}",
        "{grid: kmeans, bits: 4, granularity: channel}",
        "{grid: uniform, bits: 8, granularity: {group: 8}}",
        "{grid: uniform, bits: 8, granularity: {group: 8, axis: in}}",
        "{grid: uniform, bits: 8, granularity: {adaptive: 8}}",
        "{grid: uniform, bits: 8, granularity: {auto: {}}}",
        "{grid: uniform, bits: 8, granularity: channel, channel_scale: {awq: {}}}"})
    EXPECT_NE(problem(yaml, SiteTensor::weight), "") << yaml;
  EXPECT_NE(problem("{grid: uniform, bits: 8, granularity: {group: 8}}", SiteTensor::input), "");
  EXPECT_EQ(problem("{grid: uniform, bits: 8, granularity: channel}", SiteTensor::weight), "");
  EXPECT_EQ(problem("{grid: uniform, bits: 8, granularity: token}", SiteTensor::input), "");
}

}  // namespace
}  // namespace nf
