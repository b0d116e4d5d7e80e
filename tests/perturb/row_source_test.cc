#include "perturb/row_source.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/held_rows.h"
#include "tests/support/noise_support.h"

namespace nf {
namespace {

TEST(PartRows, AreAboutAsManyAndKeepTogetherWhatMustBe) {
  EXPECT_EQ(part_rows(1, 5000), kPartRows);
  EXPECT_EQ(part_rows(7, 5000), 1022);
  EXPECT_EQ(part_rows(1023, 5000), 1023);
  EXPECT_EQ(part_rows(1500, 5000), 1500);
  EXPECT_EQ(part_rows(9000, 5000), 5000);
  EXPECT_EQ(part_rows(1, 30), 30);
  EXPECT_THROW(part_rows(0, 30), InternalError);
}

TEST(JoinTogether, IsTheLeastCommonMultipleUpToTheWhole) {
  EXPECT_EQ(join_together(1, 1, 100), 1);
  EXPECT_EQ(join_together(4, 6, 100), 12);
  EXPECT_EQ(join_together(7, 1, 100), 7);
  EXPECT_EQ(join_together(9, 16, 100), 100);
  EXPECT_EQ(join_together(100, 3, 100), 100);
  EXPECT_EQ(join_together(Index{1} << 40, (Index{1} << 40) - 1, Index{1} << 50), Index{1} << 50);
}

TEST(ForEachPart, GivesAllRowsInOrder) {
  const Matrix x = normal_matrix(2500, 3);
  for (const Index own : {1, 7}) {
    for (const Index together : {1, 5, 1100, 4000}) {
      Matrix copy(2500, 3);
      Index next = 0;
      for_each_part(HeldRows(x, own), together, [&](Index first, ConstMatrixView part) {
        EXPECT_EQ(first, next);
        next += part.rows();
        if (next < 2500) {
          EXPECT_EQ(part.rows() % (own * together), 0);
        }
        for (Index r = 0; r < part.rows(); ++r)
          std::copy_n(part.row(r), 3, copy.view().row(first + r));
      });
      EXPECT_EQ(next, 2500);
      EXPECT_TRUE(same_bits(copy, x));
    }
  }
}

}  // namespace
}  // namespace nf
