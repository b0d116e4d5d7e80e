#include "quant/outlier_features.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/quant/quantizer_test_data.h"

namespace nf {
namespace {

DistortionPtr except(const std::string& keys) {
  return make_quantizer("{grid: uniform, bits: 8, except_outliers: 6.0, " + keys + "}",
                        SiteTensor::input);
}
constexpr DistortionContext kInput{.site = {.tensor = SiteTensor::input}};

Matrix applied(const Distortion& distortion, const Matrix& x) {
  Matrix out(x.rows(), x.cols());
  distortion.apply(x, kInput, out);
  return out;
}

/// Values below 6, but for features 3 (6 exactly, once) and 10 (far out, negative).
Matrix with_outliers() {
  Matrix x = bell_matrix(12, 16, 1);
  x(4, 3) = 6.0f;
  x(7, 10) = -40.0f;
  return x;
}

TEST(OutlierFeatures, StayAndTheRestIsRoundedAsIfTheyWereNotThere) {
  const Matrix x = with_outliers();
  Matrix rest(12, 14);
  for (Index r = 0; r < 12; ++r)
    for (Index c = 0, k = 0; c < 16; ++c)
      if (c != 3 && c != 10) rest(r, k++) = x(r, c);
  for (const char* keys :
       {"granularity: token", "granularity: tensor", "granularity: token, symmetric: false",
        "granularity: tensor, range: mse", "granularity: token, range: {percentile: 95}"}) {
    const Matrix got = applied(*except(keys), x);
    const Matrix expected = applied(
        *make_quantizer(fmt::format("{{grid: uniform, bits: 8, {}}}", keys), SiteTensor::input),
        rest);
    for (Index r = 0; r < 12; ++r)
      for (Index c = 0, k = 0; c < 16; ++c)
        EXPECT_EQ(got(r, c), c == 3 || c == 10 ? x(r, c) : expected(r, k++)) << keys;
  }
}

TEST(OutlierFeatures, GroupsAreThoseOfTheSameFeatures) {
  const Matrix x = with_outliers();
  const Matrix got = applied(*except("granularity: {group: 8}"), x);
  // The second group without feature 10.
  Matrix rest(12, 7);
  for (Index r = 0; r < 12; ++r)
    for (Index c = 8, k = 0; c < 16; ++c)
      if (c != 10) rest(r, k++) = x(r, c);
  const Matrix expected = applied(
      *make_quantizer("{grid: uniform, bits: 8, granularity: token}", SiteTensor::input), rest);
  for (Index r = 0; r < 12; ++r)
    for (Index c = 8, k = 0; c < 16; ++c)
      EXPECT_EQ(got(r, c), c == 10 ? x(r, c) : expected(r, k++));
}

TEST(OutlierFeatures, WithoutOutliersNothingChanges) {
  const Matrix x = bell_matrix(12, 16, 2);
  const Matrix got = applied(*except("granularity: token"), x);
  const Matrix expected = applied(
      *make_quantizer("{grid: uniform, bits: 8, granularity: token}", SiteTensor::input), x);
  for (Index i = 0; i < x.size(); ++i) EXPECT_EQ(got.data()[i], expected.data()[i]);
}

TEST(OutlierFeatures, HaveNoCell) {
  const Matrix x = with_outliers();
  Matrix step(12, 16);
  except("granularity: token")->local_step(x, kInput, step);
  for (Index r = 0; r < 12; ++r)
    for (Index c = 0; c < 16; ++c) EXPECT_EQ(step(r, c) == 0.0f, c == 3 || c == 10);
}

TEST(OutlierFeatures, AllOfThemLeaveTheWindowAsItIs) {
  Matrix x(2, 3);
  x.fill(7.0f);
  const Matrix got = applied(*except("granularity: tensor"), x);
  for (Index i = 0; i < x.size(); ++i) EXPECT_EQ(got.data()[i], 7.0f);
}

TEST(OutlierFeatures, ConfigSaysTheThreshold) {
  EXPECT_EQ(except("granularity: token")->config()["except_outliers"], 6.0);
}

}  // namespace
}  // namespace nf
