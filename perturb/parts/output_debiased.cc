#include "perturb/delta_part.h"
#include "perturb/row_component.h"

namespace nf {
namespace {

/// δ − (δ·μ)μ/⟨μ, μ⟩ of each output row, μ = E[x] of the calibration set: the mean of δ·x over the
/// set becomes 0.
class OutputDebiased final : public DeltaPart {
 public:
  void keep(const ChangeRow& row, const DistortionContext& context, double* delta) const override {
    NF_CHECK(context.inputs != nullptr && std::ssize(context.inputs->sum) == row.cols,
             "{}: no means of its inputs", context.site.name());
    remove_component(context.inputs->sum.data(), row.cols, delta);  // its length drops out
  }
  InputNeeds needs(SiteTensor) const override { return {.ranges = true}; }
  bool acts_on(SiteTensor tensor) const override { return tensor == SiteTensor::weight; }
  Json config() const override { return "output_debiased"; }
};

}  // namespace

void register_output_debiased(DeltaPartTable& parts) {
  parts.add({.name = "output_debiased",
             .summary = "without what it adds to the mean of each output over the calibration set; "
                        "weights",
             .plain = std::make_shared<OutputDebiased>()});
}

}  // namespace nf
