#include "perturb/part_twins.h"

#include <algorithm>
#include <utility>

#include "perturb/unit_norms.h"

namespace nf {
namespace {

class PartTwin final : public Surrogate {
 public:
  PartTwin(DeltaPartPtr part, PartSize size) : part_(std::move(part)), size_(size) {}

  void replace(const ReferenceChange& change, const DistortionContext& context,
               MatrixView twin) const override {
    if (twin.data() != change.delta.data())
      for (Index r = 0; r < twin.rows(); ++r)
        std::copy_n(change.delta.row(r), twin.cols(), twin.row(r));
    if (size_ == PartSize::own) return keep(change, context, twin);
    const UnitNorms norms(default_noise_scope(context.tensor()), context.tensor(), change.delta);
    keep(change, context, twin);
    norms.give(twin);
  }
  bool draws() const override { return false; }
  InputNeeds needs(SiteTensor tensor) const override { return part_->needs(tensor); }
  bool sees_clipped() const override { return part_->sees_clipped(); }
  bool acts_on(SiteTensor tensor) const override { return part_->acts_on(tensor); }

 private:
  void keep(const ReferenceChange& change, const DistortionContext& context,
            MatrixView twin) const {
    keep_part(*part_, change.x, change.clipped, context, twin);
  }

  DeltaPartPtr part_;
  PartSize size_;
};

}  // namespace

SurrogatePtr part_twin(DeltaPartPtr part, PartSize size) {
  return std::make_shared<PartTwin>(std::move(part), size);
}

}  // namespace nf
