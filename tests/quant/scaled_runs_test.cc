#include "quant/scaled_runs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/quant/quantizer_test_data.h"
#include "tests/reference/quantizer_reference.h"

namespace nf {
namespace {

TEST(ScaledRuns, VisitEveryValueOnceWithTheScaleOfItsUnit) {
  const UnitFit fit(make_grid(grid_spec("uniform"), 4, false), {}, false);
  const Unit units[] = {Unit::tensor(),     Unit::channel(),    Unit::token(),
                        Unit::groups(1),    Unit::groups(3),    Unit::groups(2000),
                        Unit::groups_in(1), Unit::groups_in(4), Unit::groups_in(99)};
  // More columns than units are fitted at a time.
  for (const auto& [rows, cols] : {std::pair<Index, Index>{1, 1}, {7, 1}, {1, 1024}, {9, 1030}}) {
    const Matrix x = bell_matrix(rows, cols, 1);
    for (const Unit& unit : units) {
      const reference::QuantizedMatrix expected = reference::quantize({{}, 4, false, unit}, x);
      Matrix visits(rows, cols);
      visits.fill(0.0f);
      for_each_scaled_run(fit, unit, x, {}, [&](const ScaledRun& run) {
        for (Index i = 0; i < run.count; ++i) {
          visits(run.row, run.col + i) += 1.0f;
          ASSERT_EQ(run.scales.scale[run.scales.each ? i : 0],
                    expected.scales(run.row, run.col + i));
        }
      });
      EXPECT_TRUE(std::all_of(visits.data(), visits.data() + visits.size(),
                              [](float v) { return v == 1.0f; }));
    }
  }
}

TEST(ScaledRuns, GroupsOfNothingAreOurBug) {
  const UnitFit fit(make_grid(grid_spec("uniform"), 4, true), {}, false);
  const Matrix x = bell_matrix(2, 2, 1);
  EXPECT_THROW(for_each_scaled_run(fit, Unit::groups(0), x, {}, [](const ScaledRun&) {}),
               InternalError);
}

}  // namespace
}  // namespace nf
