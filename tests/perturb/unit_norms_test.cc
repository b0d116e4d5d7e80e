#include "perturb/unit_norms.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/reference/noise_reference.h"
#include "tests/support/random_matrix.h"

namespace nf {
namespace {

double norm_of(const Matrix& x, const std::vector<std::pair<Index, Index>>& unit) {
  double squares = 0.0;
  for (const auto& [r, c] : unit) squares += std::pow(static_cast<double>(x(r, c)), 2);
  return std::sqrt(squares);
}

TEST(UnitNorms, AreGivenToAnotherMatrix) {
  const auto check = [](const Unit& unit, SiteTensor tensor) {
    const Matrix x = random_matrix(11, 14, 1);
    Matrix other = random_matrix(11, 14, 2, 0.01f);
    other(0, 0) = 0.0f;
    UnitNorms(unit, tensor, x).give(other);
    EXPECT_EQ(other(0, 0), 0.0f);
    for (const auto& places : reference_units(unit, tensor, 11, 14)) {
      if (places.size() == 1 && places[0] == std::pair<Index, Index>{0, 0}) continue;
      EXPECT_NEAR(norm_of(other, places) / norm_of(x, places), 1.0, 1e-6);
    }
  };
  for (const Unit& unit : {Unit::tensor(), Unit::channel(), Unit::groups(4), Unit::groups_in(3)})
    check(unit, SiteTensor::weight);
  for (const Unit& unit : {Unit::tensor(), Unit::channel(), Unit::token(), Unit::groups(4)})
    check(unit, SiteTensor::input);
}

TEST(UnitNorms, OfNothingStayNothing) {
  Matrix x = random_matrix(2, 4, 1), zeros(2, 4);
  zeros.fill(0.0f);
  UnitNorms(Unit::channel(), SiteTensor::weight, x).give(zeros);
  UnitNorms(Unit::channel(), SiteTensor::weight, zeros).give(x);
  for (Index i = 0; i < x.size(); ++i) {
    EXPECT_EQ(zeros.data()[i], 0.0f);
    EXPECT_EQ(x.data()[i], 0.0f);
  }
}

}  // namespace
}  // namespace nf
