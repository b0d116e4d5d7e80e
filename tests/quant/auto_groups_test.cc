#include "quant/auto_groups.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <utility>

#include "tests/quant/quantizer_test_data.h"
#include "tests/reference/quantizer_reference.h"
#include "tests/support/held_rows.h"

namespace nf {
namespace {

DistortionPtr automatic(const std::string& keys, const std::string& more = "") {
  return make_quantizer("{grid: uniform, bits: 4, granularity: {auto: {" + keys + "}}" + more +
                        "}");
}

/// ‖δ‖ of rtn with groups of g.
double error_of(const Matrix& x, Index g) {
  reference::Quantizer q;
  q.unit = Unit::groups(g);
  const reference::QuantizedMatrix rounded = reference::quantize(q, x);
  double sum = 0.0;
  for (Index i = 0; i < x.size(); ++i)
    sum += std::pow(static_cast<double>(rounded.values.data()[i] - x.data()[i]), 2.0);
  return std::sqrt(sum);
}

Index expected_group(const Matrix& x, Index coarsest, double loss) {
  Index g = coarsest;
  while (g / 2 >= 16 && error_of(x, g) - error_of(x, g / 2) > loss * error_of(x, g)) g /= 2;
  return g;
}

Index chosen_group(const Distortion& quantizer, const Matrix& x, Matrix* out = nullptr) {
  Matrix mine(x.rows(), x.cols());
  const DistortionReport report = quantizer.apply(x, {}, mine);
  if (out != nullptr) *out = std::move(mine);
  return report.notes.at("group").get<Index>();
}

TEST(AutoGroups, HalveWhileTheErrorFallsEnough) {
  const Matrix plain = bell_matrix(20, 512, 1);
  Matrix spiky = bell_matrix(20, 512, 2);
  for (Index r = 0; r < 20; ++r) spiky(r, 37 * (r % 13)) = 30.0f;
  std::set<Index> seen;
  for (const Matrix* x : {&plain, &std::as_const(spiky)})
    for (const double loss : {0.0, 0.01, 0.08, 0.12, 0.3, 1.0}) {
      const Index expected = expected_group(*x, 256, loss);
      Matrix out;
      EXPECT_EQ(chosen_group(*automatic(fmt::format("loss: {}", loss)), *x, &out), expected);
      const Matrix fixed = distorted(
          *make_quantizer(fmt::format("{{grid: uniform, bits: 4, granularity: g{}}}", expected)),
          *x);
      for (Index i = 0; i < x->size(); ++i) ASSERT_EQ(out.data()[i], fixed.data()[i]);
      seen.insert(expected);
    }
  EXPECT_GT(seen.size(), 1u);
}

TEST(AutoGroups, ChooseByMinmaxAndActAsTheEntrySays) {
  const Matrix x = bell_matrix(20, 512, 3);
  Matrix out;
  const Index group = chosen_group(*automatic("", ", range: mse"), x, &out);
  EXPECT_EQ(group, expected_group(x, 256, 0.01));
  const Matrix fixed =
      distorted(*make_quantizer(
                    fmt::format("{{grid: uniform, bits: 4, granularity: g{}, range: mse}}", group)),
                x);
  for (Index i = 0; i < x.size(); ++i) ASSERT_EQ(out.data()[i], fixed.data()[i]);
}

TEST(AutoGroups, WithoutCalibrationTheirLevelsAreFoundWithout) {
  const DistortionPtr open =
      make_quantizer("{grid: kmeans, bits: 3, granularity: {auto: {coarsest: 32}}}");
  EXPECT_TRUE(open->input_needs(SiteTensor::weight).ranges);
  const DistortionPtr plain = open->without_inputs();
  ASSERT_NE(plain, nullptr);
  EXPECT_TRUE(plain->input_needs(SiteTensor::weight).empty());
  EXPECT_EQ(plain->config()["weighted"], false);
  EXPECT_EQ(plain->config()["granularity"], open->config()["granularity"]);
}

TEST(AutoGroups, AWeightMadeInPartsHasOneGroup) {
  Matrix x = bell_matrix(2100, 64, 4);
  for (Index c = 0; c < 64; c += 9) x(3, c) = 50.0f;
  const DistortionPtr quantizer = automatic("coarsest: 64, loss: 0.05");
  const Matrix whole = distorted(*quantizer, x);
  const MadeInParts made(*quantizer, x, {});
  for (Index i = 0; i < x.size(); ++i) ASSERT_EQ(made.distorted.data()[i], whole.data()[i]);
}

TEST(AutoGroups, ConfigSaysTheRule) {
  EXPECT_EQ(automatic("")->config()["granularity"].dump(),
            R"({"auto":{"coarsest":256,"loss":0.01}})");
  EXPECT_EQ(make_quantizer(automatic("loss: 0.5")->config().dump())->config(),
            automatic("loss: 0.5")->config());
}

}  // namespace
}  // namespace nf
