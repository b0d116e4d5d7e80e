#include "core/base/check.h"
#include "perturb/drawn_twins.h"
#include "perturb/noise_kernels.h"
#include "perturb/unit_norms.h"

namespace nf {
namespace {

class Step final : public Surrogate {
 public:
  void replace(const ReferenceChange& change, const DistortionContext& context,
               MatrixView twin) const override {
    NF_CHECK_SHAPE(change.step, twin.rows(), twin.cols());
    const UnitNorms norms(default_noise_scope(context.tensor()), context.tensor(), change.delta);
    draw_normal(context, twin);
    for (Index r = 0; r < twin.rows(); ++r)
      noise_kernels().multiply(twin.row(r), change.step.row(r), twin.cols());
    norms.give(twin);
  }
  bool draws() const override { return true; }
  bool sees_steps() const override { return true; }
  bool needs_grid() const override { return true; }
};

}  // namespace

void register_step(TwinTable& twins) {
  twins.add({.name = "step",
             .number = 4,
             .summary = "normal noise times the local step of the last quantizer, same L2",
             .keeps = "how the error follows the grid",
             .destroys = "its exact values",
             .surrogate = std::make_shared<Step>()});
}

}  // namespace nf
