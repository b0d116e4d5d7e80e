#include "core/tensor/symmetric_matrix.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

TEST(SymmetricMatrix, HoldsTheLowerTriangle) {
  SymmetricMatrix m(3);
  EXPECT_EQ(m.size(), 3);
  EXPECT_EQ(m(2, 1), 0.0);
  for (Index r = 0; r < 3; ++r)
    for (Index c = 0; c <= r; ++c) m.row(r)[c] = static_cast<double>(10 * r + c);
  for (Index r = 0; r < 3; ++r)
    for (Index c = 0; c <= r; ++c) {
      EXPECT_EQ(m(r, c), static_cast<double>(10 * r + c));
      EXPECT_EQ(m(c, r), m(r, c));
    }
  EXPECT_EQ(SymmetricMatrix::bytes(3), 6 * 8.0);
}

TEST(SymmetricMatrix, IsEmptyWithoutRows) {
  EXPECT_TRUE(SymmetricMatrix().empty());
  EXPECT_TRUE(SymmetricMatrix(0).empty());
  EXPECT_FALSE(SymmetricMatrix(1).empty());
  EXPECT_THROW(SymmetricMatrix(-2), InternalError);
}

}  // namespace
}  // namespace nf
