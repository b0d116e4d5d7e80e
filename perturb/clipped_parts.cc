#include "perturb/clipped_parts.h"

namespace nf {
namespace {

class ClippedPart final : public DeltaPart {
 public:
  explicit ClippedPart(ClippedHalf half) : half_(half) {}

  void keep(const ChangeRow& row, const DistortionContext&, double* delta) const override {
    NF_CHECK(row.clipped != nullptr, "no marks of what was clipped");
    for (Index c = 0; c < row.cols; ++c)
      if ((row.clipped[c] != 0) != (half_ == ClippedHalf::clipping)) delta[c] = 0.0;
  }
  bool sees_clipped() const override { return true; }
  Json config() const override { return half_ == ClippedHalf::clipping ? "clipping" : "rounding"; }

 private:
  ClippedHalf half_;
};

}  // namespace

DeltaPartPtr clipped_part(ClippedHalf half) { return std::make_shared<ClippedPart>(half); }

}  // namespace nf
