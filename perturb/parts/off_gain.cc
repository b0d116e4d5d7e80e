#include "perturb/delta_part.h"
#include "perturb/row_component.h"

namespace nf {
namespace {

/// δ − ⟨δ, x⟩/⟨x, x⟩·x of each output row or position: without what only makes x larger or smaller.
class OffGain final : public DeltaPart {
 public:
  void keep(const ChangeRow& row, const DistortionContext&, double* delta) const override {
    remove_component(row.x, row.cols, delta);
  }
  Json config() const override { return "off_gain"; }
};

}  // namespace

void register_off_gain(DeltaPartTable& parts) {
  parts.add({.name = "off_gain",
             .summary = "without its component along x: of each output row or position",
             .plain = std::make_shared<OffGain>()});
}

}  // namespace nf
