#include "perturb/unit_slices.h"

#include <gtest/gtest.h>

#include "tests/reference/noise_reference.h"
#include "tests/support/noise_support.h"

namespace nf {
namespace {

/// Walks over the units, checks that each slice shows the unit's values in order, and writes 2·x +
/// other.
void expect_slices(const Unit& unit, SiteTensor tensor, Index rows, Index cols) {
  const Matrix x = normal_matrix(rows, cols, 1), other = normal_matrix(rows, cols, 2);
  Matrix out = normal_matrix(rows, cols, 3);
  const Matrix out_before = normal_matrix(rows, cols, 3);
  const auto expected = reference_units(unit, tensor, rows, cols);
  std::size_t visited = 0;
  const UnitBlocks blocks(unit, tensor, rows, cols);
  for_each_unit(blocks, {x, {}, other}, out, [&](const UnitSlice& slice) {
    ASSERT_LT(visited, expected.size());
    const auto& places = expected[visited++];
    ASSERT_EQ(slice.in[0].size(), static_cast<Index>(places.size()));
    EXPECT_TRUE(slice.in[1].empty());
    std::size_t i = 0;
    for (Index r = 0; r < slice.in[0].rows(); ++r)
      for (Index c = 0; c < slice.in[0].cols(); ++c) {
        const auto [row, col] = places[i++];
        EXPECT_EQ(slice.in[0](r, c), x(row, col));
        EXPECT_EQ(slice.in[2](r, c), other(row, col));
        EXPECT_EQ(slice.out(r, c), out_before(row, col));
        slice.out(r, c) = 2.0f * slice.in[0](r, c) + slice.in[2](r, c);
      }
  });
  EXPECT_EQ(visited, expected.size());
  for (Index r = 0; r < rows; ++r)
    for (Index c = 0; c < cols; ++c)
      ASSERT_EQ(out(r, c), 2.0f * x(r, c) + other(r, c)) << r << ", " << c;
}

TEST(UnitSlices, ShowEveryUnitInOrderAndWriteItBack) {
  for (const Index cols : {1, 5, 40}) {  // 40: more than one strip of columns
    expect_slices(Unit::tensor(), SiteTensor::weight, 37, cols);
    expect_slices(Unit::channel(), SiteTensor::weight, 37, cols);
    expect_slices(Unit::channel(), SiteTensor::input, 37, cols);
    expect_slices(Unit::token(), SiteTensor::input, 37, cols);
    expect_slices(Unit::groups(3), SiteTensor::weight, 37, cols);
    expect_slices(Unit::groups_in(10), SiteTensor::weight, 37, cols);
    expect_slices(Unit::groups_in(1), SiteTensor::weight, 4, cols);
  }
}

TEST(UnitSlices, NeedNoOutput) {
  const Matrix x = normal_matrix(4, 3);
  Index values = 0;
  for_each_unit(UnitBlocks(Unit::channel(), SiteTensor::input, 4, 3), {x, {}, {}}, MatrixView(),
                [&](const UnitSlice& slice) { values += slice.in[0].size(); });
  EXPECT_EQ(values, 12);
}

TEST(UnitSlices, TransposeTurnsAPartOfAMatrix) {
  const Matrix x = normal_matrix(20, 35);
  Matrix turned(30, 18);
  transpose(x.view().middle_rows(1, 18).middle_cols(2, 30), turned);
  for (Index r = 0; r < 18; ++r)
    for (Index c = 0; c < 30; ++c) EXPECT_EQ(turned(c, r), x(r + 1, c + 2));
}

}  // namespace
}  // namespace nf
