#include "eval/run/finite_problem.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/tensor/matrix.h"

namespace nf {
namespace {

Matrix of_ones(Index rows, Index cols) {
  Matrix x(rows, cols);
  for (Index r = 0; r < rows; ++r)
    for (Index c = 0; c < cols; ++c) x.view().row(r)[c] = 1.0F;
  return x;
}

TEST(FiniteProblem, IsNoneOfFiniteValues) {
  EXPECT_EQ(finite_problem("layers.0.up_proj.weight", of_ones(3, 5).view()), "");
}

TEST(FiniteProblem, TellsTheFirstPlaceInReadingOrder) {
  Matrix x = of_ones(3, 5);
  x.view().row(1)[4] = std::nanf("");
  x.view().row(2)[0] = std::numeric_limits<float>::infinity();
  EXPECT_EQ(finite_problem("layers.0.up_proj.weight", x.view()),
            "layers.0.up_proj.weight: x̃ is not finite at [1, 4]");
}

TEST(FiniteProblem, CountsRowsFromWhereTheMatrixBegins) {
  Matrix x = of_ones(2, 3);
  x.view().row(1)[2] = -std::numeric_limits<float>::infinity();
  EXPECT_EQ(finite_problem("lm_head.weight", x.view(), 100),
            "lm_head.weight: x̃ is not finite at [101, 2]");
}

}  // namespace
}  // namespace nf
