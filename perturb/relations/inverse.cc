#include <algorithm>

#include "perturb/noise_kernels.h"
#include "perturb/relation.h"

namespace nf {
namespace {

/// Weight max|x| of the unit − |x|.
UnitWeights weights(const UnitValues& unit) {
  float largest = 0.0f;
  for (Index r = 0; r < unit.x.rows(); ++r)
    largest = std::max(largest, noise_kernels().max_abs(unit.x.row(r), unit.x.cols()));
  return [largest](const UnitValues& of, Index row, float* z) {
    noise_kernels().multiply_remainder(z, of.x.row(row), largest, of.x.cols());
  };
}

}  // namespace

void register_inverse(RelationTable& relations) {
  relations.add({.name = "inverse",
                 .summary = "times (max|x| of the unit - |x|)",
                 .plain = Relation{.config = "inverse", .weights = weights}});
}

}  // namespace nf
