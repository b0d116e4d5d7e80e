#include "perturb/drawn_twins.h"

#include <utility>

#include "core/base/check.h"
#include "core/base/parallel.h"
#include "perturb/draws.h"
#include "perturb/unit_norms.h"

namespace nf {
namespace {

class NormalTwin final : public Surrogate {
 public:
  NormalTwin(TwinScope scope, bool needs_grid)
      : scope_(std::move(scope)), needs_grid_(needs_grid) {}

  void replace(const ReferenceChange& change, const DistortionContext& context,
               MatrixView twin) const override {
    const std::optional<Unit> unit = scope_(change, context.tensor());
    NF_CHECK(unit.has_value(), "{}: no grid", context.site.name());
    const UnitNorms norms(*unit, context.tensor(), change.delta);
    draw_normal(context, twin);
    norms.give(twin);
  }
  bool draws() const override { return true; }
  bool needs_grid() const override { return needs_grid_; }

 private:
  TwinScope scope_;
  bool needs_grid_;
};

}  // namespace

void draw_normal(const DistortionContext& context, MatrixView z) {
  static const Draws normal = draws_of("gaussian");
  parallel_for(z.rows(), [&](Index r) {
    normal.fill(z.row(r), z.cols(),
                context.first_element + static_cast<std::uint64_t>(r * z.cols()), context.key,
                context.seed);
  });
}

SurrogatePtr normal_twin(TwinScope scope, bool needs_grid) {
  return std::make_shared<NormalTwin>(std::move(scope), needs_grid);
}

}  // namespace nf
