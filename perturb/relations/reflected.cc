#include <algorithm>

#include "perturb/noise_kernels.h"
#include "perturb/relation.h"

namespace nf {
namespace {

void look(ConstMatrixView rows, UnitFigures& figures) {
  for (Index r = 0; r < rows.rows(); ++r)
    figures.largest = std::max(figures.largest, noise_kernels().max_abs(rows.row(r), rows.cols()));
}

/// Weight max|x| of the unit − |x|.
UnitWeights weights(const UnitValues& unit) {
  return [largest = unit.figures.largest](const UnitValues& of, Index row, float* z) {
    noise_kernels().multiply_remainder(z, of.x.row(row), largest, of.x.cols());
  };
}

}  // namespace

void register_reflected(RelationTable& relations) {
  relations.add({.name = "reflected",
                 .summary = "times (max|x| of the unit - |x|)",
                 .plain = Relation{.config = "reflected", .look = look, .weights = weights}});
}

}  // namespace nf
