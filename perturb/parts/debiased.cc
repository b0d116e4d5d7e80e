#include "perturb/delta_part.h"

namespace nf {
namespace {

/// δ without its mean: of an output row of a weight, of a position of an activation.
class Debiased final : public DeltaPart {
 public:
  void keep(const ChangeRow& row, const DistortionContext&, double* delta) const override {
    double sum = 0.0;
    for (Index c = 0; c < row.cols; ++c) sum += delta[c];
    const double mean = sum / static_cast<double>(row.cols);
    for (Index c = 0; c < row.cols; ++c) delta[c] -= mean;
  }
  Json config() const override { return "debiased"; }
};

}  // namespace

void register_debiased(DeltaPartTable& parts) {
  parts.add({.name = "debiased",
             .summary = "without its mean: of each output row of a weight, of each position of an "
                        "activation",
             .plain = std::make_shared<Debiased>()});
}

}  // namespace nf
