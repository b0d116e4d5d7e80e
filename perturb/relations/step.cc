#include "perturb/noise_kernels.h"
#include "perturb/relation.h"

namespace nf {
namespace {

/// Weight: width of the reference quantizer's grid cell that x falls in.
UnitWeights weights(const UnitValues&) {
  return [](const UnitValues& unit, Index row, float* z) {
    noise_kernels().multiply(z, unit.step.row(row), unit.step.cols());
  };
}

}  // namespace

void register_step(RelationTable& relations) {
  relations.add({.name = "step",
                 .summary = "times the reference quantizer's local step",
                 .plain = Relation{.config = "step", .weights = weights, .needs_step = true}});
}

}  // namespace nf
