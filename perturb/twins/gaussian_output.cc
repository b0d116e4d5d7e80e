#include <cmath>

#include "core/base/check.h"
#include "perturb/drawn_twins.h"
#include "perturb/output_error.h"

namespace nf {
namespace {

/// Normal noise with the squared error ‖X·δᵀ‖² of all outputs over the calibration set.
class GaussianOutput final : public Surrogate {
 public:
  void replace(const ReferenceChange& change, const DistortionContext& context,
               MatrixView twin) const override {
    NF_CHECK(context.inputs != nullptr && !context.inputs->second_moment.empty(),
             "{}: no second moment of its inputs", context.site.name());
    const SymmetricMatrix& moment = context.inputs->second_moment;
    const double target = output_error(change.delta, moment);
    draw_normal(context, twin);
    const double own = output_error(twin, moment);
    const double factor = own != 0.0 ? std::sqrt(target / own) : 0.0;
    for (Index r = 0; r < twin.rows(); ++r)
      for (Index c = 0; c < twin.cols(); ++c)
        twin(r, c) = static_cast<float>(factor * static_cast<double>(twin(r, c)));
  }
  bool draws() const override { return true; }
  InputNeeds needs(SiteTensor) const override { return {.second_moment = true}; }
  bool acts_on(SiteTensor tensor) const override { return tensor == SiteTensor::weight; }
};

}  // namespace

void register_gaussian_output(TwinTable& twins) {
  twins.add({.name = "gaussian_output",
             .number = 3,
             .summary = "normal noise of the same error of the outputs on the calibration set, "
                        "matrix by matrix; weights",
             .keeps = "output error",
             .destroys = "L2 and the rest",
             .surrogate = std::make_shared<GaussianOutput>()});
}

}  // namespace nf
