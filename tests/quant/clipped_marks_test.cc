// Every quantizer marks exactly the values that it counts as clipped.

#include <gtest/gtest.h>

#include <numeric>

#include "tests/quant/quantizer_test_data.h"
#include "tests/reference/quantizer_reference.h"
#include "tests/support/gather_statistics.h"

namespace nf {
namespace {

/// Values with outliers, so that ranges that look for the smallest error clip some.
Matrix heavy_matrix(Index rows, Index cols) {
  Matrix x = bell_matrix(rows, cols, 5);
  for (Index i = 0; i < x.size(); i += 13) x.data()[i] *= 6.0f;
  return x;
}

struct Marked {
  Matrix distorted;
  std::vector<std::uint8_t> marks;
  Index count = 0;  ///< as reported
  Index marked() const { return std::accumulate(marks.begin(), marks.end(), Index{0}); }
};

Marked marked(const std::string& yaml, SiteTensor tensor, ConstMatrixView x) {
  const DistortionPtr quantizer = make_quantizer(yaml, tensor);
  EXPECT_TRUE(quantizer->tells_clipped()) << yaml;
  EXPECT_TRUE(quantizer->grid_unit(tensor)) << yaml;
  const InputNeeds needs = quantizer->input_needs(tensor);
  std::vector<Matrix> windows;
  windows.push_back(bell_matrix(96, x.cols(), 8));
  const InputStatisticsPtr statistics = gather_statistics(
      {.ranges = true, .second_moment = true, .sample = true, .weight_ranges = true}, windows,
      windows);
  DistortionContext context;
  context.site = {.role = Role::v_proj, .tensor = tensor};  // range: awq leaves q and k alone
  if (!needs.empty()) context.inputs = statistics.get();
  Marked result{Matrix(x.rows(), x.cols()), {}};
  result.marks.assign(static_cast<std::size_t>(x.size()), 0);
  const DistortionReport unasked = quantizer->apply(x, context, result.distorted);
  context.clipped = result.marks.data();
  result.count = quantizer->apply(x, context, result.distorted).clipped;
  EXPECT_EQ(result.count, unasked.clipped) << yaml;
  return result;
}

TEST(ClippedMarks, AreThoseThatAreCounted) {
  const Matrix x = heavy_matrix(48, 64);
  for (const char* keys :
       {"grid: uniform, bits: 3, granularity: tensor, range: mse",
        "grid: uniform, bits: 4, granularity: channel, levels: full",
        "grid: uniform, bits: 3, granularity: {group: 16}, range: mse, symmetric: false",
        "grid: uniform, bits: 3, granularity: {group: 16, axis: in}, range: {percentile: 97}",
        "grid: power, bits: 3, granularity: channel, range: {percentile: 97}",
        "grid: nf4, granularity: {group: 32}, range: {percentile: 97}",
        "grid: uniform, bits: 3, granularity: channel, range: awq",
        "grid: uniform, bits: 4, granularity: channel, levels: full, channel_scale: {smoothquant: "
        "{alpha: 0.5}}",
        "grid: uniform, bits: 3, granularity: {auto: {coarsest: 32, loss: 0.01}}, range: mse",
        "grid: uniform, bits: 3, granularity: {adaptive: 16, error_at: site}, range: mse",
        "grid: uniform, bits: 3, granularity: channel, range: mse, method: gptq",
        "grid: uniform, bits: 3, granularity: {group: 16}, levels: full, method: gptq, act_order: "
        "true",
        "grid: uniform, bits: 3, granularity: {group: 16, axis: in}, range: mse, method: gptq"}) {
    const std::string yaml = std::string("{") + keys + "}";
    const Marked result = marked(yaml, SiteTensor::weight, x);
    EXPECT_EQ(result.marked(), result.count) << yaml;
    EXPECT_GT(result.count, 0) << yaml;
  }
}

TEST(ClippedMarks, OfKMeansLieBeyondTheOutermostLevels) {
  const Matrix x = heavy_matrix(16, 64);
  for (const char* unit : {"channel", "{group: 8, axis: in}", "tensor"}) {
    const Marked result =
        marked(fmt::format("{{grid: kmeans, bits: 2, weighted: false, granularity: {}}}", unit),
               SiteTensor::weight, x);
    EXPECT_EQ(result.marked(), result.count) << unit;
    for (Index i = 0; i < x.size(); ++i) {
      if (result.marks[static_cast<std::size_t>(i)] == 0) continue;
      EXPECT_GT(std::abs(x.data()[i]), std::abs(result.distorted.data()[i])) << unit;
    }
  }
}

TEST(ClippedMarks, OfInputsLeaveOutOutlierFeatures) {
  const Matrix x = heavy_matrix(20, 64);
  const Marked result =
      marked("{grid: uniform, bits: 4, granularity: token, levels: full, except_outliers: 8.0}",
             SiteTensor::input, x);
  EXPECT_EQ(result.marked(), result.count);
  EXPECT_GT(result.count, 0);
}

/// Against the definition: nearest level beyond the last one.
TEST(ClippedMarks, StandWhereTheDefinitionClips) {
  const Matrix x = heavy_matrix(24, 32);
  for (const Unit& unit : {Unit::channel(), Unit::groups(8), Unit::groups_in(8), Unit::tensor()}) {
    const reference::QuantizedMatrix expected =
        reference::quantize({.bits = 3, .unit = unit, .full_levels = true}, x);
    const Marked result =
        marked(fmt::format("{{grid: uniform, bits: 3, levels: full, granularity: {}}}",
                           ConfigValue<Unit>::write(unit).dump()),
               SiteTensor::weight, x);
    for (Index i = 0; i < x.size(); ++i)
      ASSERT_EQ(result.marks[static_cast<std::size_t>(i)] != 0, expected.clipped.data()[i] != 0.0f);
  }
}

}  // namespace
}  // namespace nf
