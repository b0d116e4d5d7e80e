#include "perturb/running_squares.h"

#include <gtest/gtest.h>

#include "perturb/noise_kernels.h"
#include "tests/support/noise_support.h"

namespace nf {
namespace {

TEST(RunningSquares, HaveTheBitsOfTheWholeRunWhereverItIsCut) {
  for (const Index n : {0, 1, 15, 16, 17, 1000}) {
    const Matrix x = normal_matrix(1, n, 3);
    const double whole = noise_kernels().sum_squares(x.data(), n);
    for (const Index piece : {1, 5, 16, 33, 1000}) {
      RunningSquares squares;
      for (Index i = 0; i < n; i += piece) squares.add(x.data() + i, std::min(piece, n - i));
      EXPECT_EQ(squares.total(), whole) << n << " by " << piece;
    }
  }
}

}  // namespace
}  // namespace nf
