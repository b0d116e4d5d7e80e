#include "perturb/noise_kernels.h"
#include "perturb/relation.h"

namespace nf {
namespace {

/// Weight |x|.
UnitWeights weights(const UnitValues&) {
  return [](const UnitValues& unit, Index row, float* z) {
    noise_kernels().multiply_abs(z, unit.x.row(row), unit.x.cols());
  };
}

}  // namespace

void register_proportional(RelationTable& relations) {
  relations.add({.name = "proportional",
                 .summary = "times |x|",
                 .plain = Relation{.config = "proportional", .weights = weights}});
}

}  // namespace nf
