#include <cmath>

#include "perturb/magnitude_threshold.h"
#include "perturb/noise_entry.h"
#include "perturb/noise_kernels.h"
#include "perturb/noise_registry.h"
#include "perturb/unit_slices.h"

namespace nf {
namespace {

struct ClipKeys : MagnitudeThreshold {
  std::string noise;
  std::optional<Unit> scope;

  static FieldTable<ClipKeys> fields() {
    FieldTable<ClipKeys> table;
    table.required("noise", &ClipKeys::noise, noise_name_field("clip"));
    MagnitudeThreshold::add_fields(table);
    table.optional(
        "scope", &ClipKeys::scope,
        {.summary = "values that share a threshold; tensor when left out", .example = "token"});
    return table;
  }
};

/// x̃ = x clamped to [−t, t], t per unit. Draws nothing; reports how many |x| > t.
class Clip final : public Distortion {
 public:
  /// entry: with its scope filled in.
  Clip(const ClipKeys& entry, SiteTensor tensor) : entry_(entry), tensor_(tensor) {}

  DistortionReport apply(ConstMatrixView x, const DistortionContext& context,
                         MatrixView distorted) const override {
    NF_CHECK_SHAPE(distorted, x.rows(), x.cols());
    NF_CHECK(context.tensor() == tensor_, "built for another tensor");
    DistortionReport report;
    const auto* whole = static_cast<const Whole*>(context.figures);
    const UnitBlocks blocks(*entry_.scope, tensor_, x.rows(), x.cols());
    for_each_unit(blocks, {x, {}, {}}, distorted, [&](const UnitSlice& unit) {
      const float limit = whole != nullptr ? whole->limit : entry_.of(unit.in[0]);
      for (Index r = 0; r < unit.out.rows(); ++r)
        report.clipped +=
            noise_kernels().clip(unit.in[0].row(r), limit, unit.out.row(r), unit.out.cols());
      if (context.clipped != nullptr) mark(unit, limit, x.cols(), context.clipped);
    });
    return report;
  }

  bool is_identity() const override { return entry_.is_maximum(); }

  bool tells_clipped() const override { return true; }

  Index rows_together(Index rows) const override { return rows_of_unit(*entry_.scope, rows); }
  MatrixFiguresPtr figures(const RowSource& x, const DistortionContext&) const override {
    if (entry_.scope->kind != Unit::Kind::tensor) return nullptr;
    const auto whole = std::make_shared<Whole>();
    whole->limit = entry_.of(x);
    return whole;
  }

  Json config() const override { return fields_of<ClipKeys>().write(entry_); }

 private:
  static void mark(const UnitSlice& unit, float limit, Index row_length, std::uint8_t* marks) {
    for (Index r = 0; r < unit.in[0].rows(); ++r)
      for (Index c = 0; c < unit.in[0].cols(); ++c)
        if (std::abs(unit.in[0](r, c)) > limit) marks[unit.place(r, c, row_length)] = 1;
  }

  /// The threshold of a matrix that is made in parts, where it is one unit.
  struct Whole final : MatrixFigures {
    float limit = 0.0f;
  };

  ClipKeys entry_;
  SiteTensor tensor_;
};

}  // namespace

void register_clip(NoiseRegistry& registry) {
  NoiseKind kind;
  kind.name = "clip";
  kind.summary = "values beyond a threshold are moved to it";
  kind.fields = ClipKeys::fields().docs();
  kind.create = [](const ConfigNode& node, SiteTensor tensor, const DistortionBuilder&,
                   ConfigErrors& errors) -> DistortionPtr {
    const Index before = errors.count();
    ClipKeys entry = fields_of<ClipKeys>().read(node, errors);
    entry.scope = resolve_scope(entry.scope, Unit::tensor(), node, tensor, errors);
    if (errors.count() != before) return nullptr;
    return std::make_shared<Clip>(entry, tensor);
  };
  registry.add(std::move(kind));
}

}  // namespace nf
