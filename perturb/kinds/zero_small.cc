#include <algorithm>
#include <cmath>

#include "perturb/magnitude_threshold.h"
#include "perturb/noise_entry.h"
#include "perturb/noise_registry.h"
#include "perturb/unit_slices.h"

namespace nf {
namespace {

struct ZeroSmallKeys : MagnitudeThreshold {
  std::string noise;
  std::optional<Unit> scope;

  static FieldTable<ZeroSmallKeys> fields() {
    FieldTable<ZeroSmallKeys> table;
    table.required("noise", &ZeroSmallKeys::noise, noise_name_field("zero_small"));
    MagnitudeThreshold::add_fields(table, "floor(q n); none where k is 0", 0.1);
    table.optional(
        "scope", &ZeroSmallKeys::scope,
        {.summary = "values that share a threshold; tensor when left out", .example = "channel"});
    return table;
  }
};

/// x̃ = x where |x| > t, else 0, t per unit: pruning by magnitude. Draws nothing.
class ZeroSmall final : public Distortion {
 public:
  /// entry: with its scope filled in.
  ZeroSmall(const ZeroSmallKeys& entry, SiteTensor tensor) : entry_(entry), tensor_(tensor) {}

  DistortionReport apply(ConstMatrixView x, const DistortionContext& context,
                         MatrixView distorted) const override {
    NF_CHECK_SHAPE(distorted, x.rows(), x.cols());
    NF_CHECK(context.tensor() == tensor_, "built for another tensor");
    const auto* whole = static_cast<const Whole*>(context.figures);
    const UnitBlocks blocks(*entry_.scope, tensor_, x.rows(), x.cols());
    for_each_unit(blocks, {x, {}, {}}, distorted, [&](const UnitSlice& unit) {
      const float limit = whole != nullptr ? whole->limit : limit_of(unit.in[0], unit.in[0].size());
      for (Index r = 0; r < unit.out.rows(); ++r)
        std::transform(unit.in[0].row(r), unit.in[0].row(r) + unit.out.cols(), unit.out.row(r),
                       [limit](float v) { return std::abs(v) <= limit ? 0.0f : v; });
    });
    return {};
  }

  bool is_identity() const override {
    return entry_.quantile.value_or(1.0) == 0.0 || entry_.fraction_of_max.value_or(1.0) == 0.0;
  }

  Index rows_together(Index rows) const override { return rows_of_unit(*entry_.scope, rows); }
  MatrixFiguresPtr figures(const RowSource& x, const DistortionContext&) const override {
    if (entry_.scope->kind != Unit::Kind::tensor) return nullptr;
    const auto whole = std::make_shared<Whole>();
    whole->limit = limit_of(x, x.rows() * x.cols());
    return whole;
  }

  Json config() const override { return fields_of<ZeroSmallKeys>().write(entry_); }

 private:
  /// The limit of a matrix that is made in parts, where it is one unit.
  struct Whole final : MatrixFigures {
    float limit = 0.0f;
  };

  /// The largest |x| that becomes 0; negative: none does.
  template <class Values>
  float limit_of(const Values& x, Index n) const {
    const bool is_none =
        is_identity() || (entry_.quantile && *entry_.quantile * static_cast<double>(n) < 1.0);
    return is_none ? -1.0f : entry_.of(x);
  }

  ZeroSmallKeys entry_;
  SiteTensor tensor_;
};

}  // namespace

void register_zero_small(NoiseRegistry& registry) {
  NoiseKind kind;
  kind.name = "zero_small";
  kind.summary = "values up to a threshold become 0: pruning by magnitude";
  kind.fields = ZeroSmallKeys::fields().docs();
  kind.create = [](const ConfigNode& node, SiteTensor tensor, const DistortionBuilder&,
                   ConfigErrors& errors) -> DistortionPtr {
    const Index before = errors.count();
    ZeroSmallKeys entry = fields_of<ZeroSmallKeys>().read(node, errors);
    entry.scope = resolve_scope(entry.scope, Unit::tensor(), node, tensor, errors);
    if (errors.count() != before) return nullptr;
    return std::make_shared<ZeroSmall>(entry, tensor);
  };
  registry.add(std::move(kind));
}

}  // namespace nf
