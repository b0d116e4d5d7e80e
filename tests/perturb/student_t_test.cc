#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tests/support/draw_sample.h"
#include "tests/support/noise_support.h"

namespace nf {
namespace {

constexpr Index kCount = 1 << 20;

/// Distribution function of Student's t over its standard deviation. With z = √(df − 2)·tan θ it is
/// ½ + ½·I(θ)/I(π/2), I(θ) = ∫ cos^(df−1) from 0 to θ, here by Simpson's rule on a table.
class StudentCdf {
 public:
  explicit StudentCdf(double df) : df_(df) {
    for (std::size_t i = 0; i < kCells; ++i) {
      const double low = kCell * static_cast<double>(i);
      const double area =
          (density(low) + 4.0 * density(low + kCell / 2) + density(low + kCell)) / 6;
      integral_.push_back(integral_.back() + area * kCell);
    }
  }
  double operator()(double z) const {
    const double place = std::atan(std::abs(z) / std::sqrt(df_ - 2.0)) / kCell;
    const std::size_t cell = std::min(kCells - 1, static_cast<std::size_t>(place));
    const double within = place - static_cast<double>(cell);
    const double part = integral_[cell] + within * (integral_[cell + 1] - integral_[cell]);
    return 0.5 + std::copysign(0.5, z) * part / integral_.back();
  }

 private:
  static constexpr std::size_t kCells = 20000;
  static constexpr double kCell = M_PI / 2 / kCells;

  double density(double theta) const { return std::pow(std::max(0.0, std::cos(theta)), df_ - 1.0); }

  double df_;
  std::vector<double> integral_ = {0.0};
};

Draws student_t(double df) { return draws_of("student_t", {df}); }

TEST(StudentT, FollowsItsDefinition) {
  for (const double df : {2.01, 2.5, 3.0, 5.0, 30.0, 1e6})
    expect_definition(student_t(df), [df](const ReferenceWords& words) {
      const double radius = std::sqrt((df - 2.0) * std::expm1(-2.0 / df * std::log(words.u)));
      return radius * std::sin(M_PI / 2.0 * words.fraction1);
    });
}

TEST(StudentT, HasTheDistributionOfAStudentT) {
  for (const double df : {2.1, 3.0, 4.5, 10.0, 100.0})
    EXPECT_LT(kolmogorov_statistic(draw_sample(student_t(df), kCount), StudentCdf(df)),
              kKolmogorovLimit)
        << df;
}

TEST(StudentT, ItsDistributionFunctionIsTheClosedFormOfThreeDegrees) {
  // ½ + (atan x + x/(1 + x²))/π, x = t/√3 = z.
  for (const double z : {-3.0, -0.5, 0.0, 1.0, 8.0})
    EXPECT_NEAR(StudentCdf(3.0)(z), 0.5 + (std::atan(z) + z / (1.0 + z * z)) / M_PI, 1e-8);
}

TEST(StudentT, HasTheMomentsOfAStudentT) {
  constexpr double kDf = 20.0;
  const SampleMoments moments = moments_of(draw_sample(student_t(kDf), kCount));
  const double n = static_cast<double>(kCount);
  const double fourth = 3.0 + 6.0 / (kDf - 4.0);
  const double eighth =
      105.0 * std::pow(kDf - 2.0, 3) / ((kDf - 4.0) * (kDf - 6.0) * (kDf - 8.0));  // E z⁸
  EXPECT_NEAR(moments.mean, 0.0, kSigmas / std::sqrt(n));
  EXPECT_NEAR(moments.variance, 1.0, kSigmas * std::sqrt((fourth - 1.0) / n));
  EXPECT_NEAR(moments.kurtosis, fourth, kSigmas * std::sqrt((eighth - fourth * fourth) / n));
}

TEST(StudentT, HasTails) {
  const double expected = 2.0 * StudentCdf(3.0)(-10.0) * kCount;
  Index beyond = 0;
  for (const float v : draw_sample(student_t(3.0), kCount)) beyond += std::abs(v) > 10.0f;
  EXPECT_NEAR(static_cast<double>(beyond), expected, kSigmas * std::sqrt(expected));
}

TEST(StudentT, OfManyDegreesIsTheGaussianOfTheSameElement) {
  const std::vector<float> normal = draw_sample(draws_of("gaussian"), 1000);
  for (const double df : {1e9, 1e30, 1e300}) {
    const std::vector<float> z = draw_sample(student_t(df), 1000);
    for (std::size_t i = 0; i < z.size(); ++i)
      ASSERT_NEAR(z[i], normal[i], 1e-6f * std::abs(normal[i])) << df;
  }
}

TEST(StudentT, DrawsStayAsTheyAre) {
  EXPECT_EQ(draw_sample(student_t(3.0), 4), (std::vector<float>{-0x1.a8be62p-3f, -0x1.ace5bcp-1f,
                                                                0x1.6c74f2p-2f, -0x1.e80bd2p-3f}));
  EXPECT_EQ(draw_sample(student_t(50.0), 4),
            (std::vector<float>{-0x1.544298p-2f, -0x1.1f96d2p+0f, 0x1.1e890ep-1f, -0x1.76c0dp-2f}));
}

TEST(StudentT, SaysItsDegreesOfFreedom) {
  EXPECT_EQ(make_noise("{noise: student_t, df: 3, strength: {relative_l2: 0.1}}")->config().dump(),
            R"({"noise":"student_t","df":3.0,"relation":"independent",)"
            R"("strength":{"relative_l2":0.1},"scope":"tensor"})");
  EXPECT_EQ(noise_error("{noise: student_t, df: 2, strength: {relative_l2: 0.1}}"),
            "f.yaml:1:24: df: must be greater than 2, is 2; the variance is infinite up to 2");
  EXPECT_EQ(noise_error("{noise: student_t, strength: {relative_l2: 0.1}}"),
            "f.yaml:1:1: required key 'df' is missing");
}

TEST(StudentT, FewerDegreesGiveOtherNoiseOfTheSameSize) {
  const Matrix x = normal_matrix(20, 50);
  const auto delta_squares = [&](const char* df) {
    const Matrix distorted =
        distort(*make_noise(fmt::format(
                    "{{noise: student_t, df: {}, strength: {{relative_l2: 0.1}}}}", df)),
                x, context_of(SiteTensor::weight));
    std::vector<double> squares;
    for (Index i = 0; i < x.size(); ++i) {
      const double d = static_cast<double>(distorted.data()[i]) - static_cast<double>(x.data()[i]);
      squares.push_back(d * d);
    }
    std::sort(squares.begin(), squares.end());
    return squares;
  };
  const std::vector<double> few = delta_squares("2.2"), many = delta_squares("100");
  EXPECT_NEAR(std::accumulate(few.begin(), few.end(), 0.0),
              std::accumulate(many.begin(), many.end(), 0.0), 1e-5);
  EXPECT_GT(few.back(), 4.0 * many.back());
}

}  // namespace
}  // namespace nf
