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

double distance(const Matrix& a, const Matrix& b) {
  double sum = 0.0;
  for (Index i = 0; i < a.size(); ++i)
    sum += std::pow(static_cast<double>(a.data()[i] - b.data()[i]), 2.0);
  return std::sqrt(sum);
}
/// ‖δ‖ of rtn with groups of g.
double error_of(const Matrix& x, Index g) {
  reference::Quantizer q;
  q.unit = Unit::groups(g);
  return distance(reference::quantize(q, x).values, x);
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

TEST(AutoGroups, ChooseByTheEntrysOwnRounding) {
  Matrix x = bell_matrix(20, 512, 3);
  for (Index i = 0; i < x.size(); ++i) x.data()[i] += 8.0f;  // far on one side of 0
  Index others = 0;
  for (const char* keys :
       {", range: mse", ", symmetric: false, zero_in_range: true", ", grid: nf4"})
    for (const double loss : {0.01, 0.03, 0.05, 0.1, 0.2, 0.3}) {
      const auto fixed = [&](Index g) {
        return distorted(
            *make_quantizer(fmt::format(
                "{{bits: 4, granularity: g{}{}{}}}", g, keys,
                std::string(keys).find("grid") == std::string::npos ? ", grid: uniform" : "")),
            x);
      };
      const auto error = [&](Index g) { return distance(fixed(g), x); };
      Index expected = 256;
      while (expected > 16 && error(expected) - error(expected / 2) > loss * error(expected))
        expected /= 2;
      Matrix out;
      const DistortionPtr quantizer = make_quantizer(fmt::format(
          "{{bits: 4, granularity: {{auto: {{loss: {}}}}}{}{}}}", loss, keys,
          std::string(keys).find("grid") == std::string::npos ? ", grid: uniform" : ""));
      EXPECT_EQ(chosen_group(*quantizer, x, &out), expected) << keys << ", " << loss;
      EXPECT_EQ(distance(out, fixed(expected)), 0.0);
      others += expected != expected_group(x, 256, loss) ? 1 : 0;
    }
  EXPECT_GT(others, 0);  // plain rounding would choose otherwise
}

TEST(AutoGroups, BeginAtTheWidthOfTheWeight) {
  Matrix x = bell_matrix(40, 128, 5);
  for (Index r = 0; r < 40; ++r) x(r, r) = 40.0f;  // smaller groups gain much
  const Index expected = expected_group(x, 128, 0.05);
  EXPECT_LT(expected, 128);
  EXPECT_EQ(chosen_group(*automatic("loss: 0.05"), x), expected);
  EXPECT_EQ(chosen_group(*automatic("coarsest: 1024, loss: 0.05"), x), expected);
  EXPECT_EQ(chosen_group(*automatic("loss: 1"), x), 128);
  EXPECT_EQ(chosen_group(*automatic("loss: 1"), bell_matrix(4, 130, 6)), 256);
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
