#include <algorithm>
#include <cmath>

#include "perturb/noise_entry.h"
#include "perturb/noise_kernels.h"
#include "perturb/noise_registry.h"
#include "perturb/order_statistic.h"
#include "perturb/unit_slices.h"

namespace nf {
namespace {

struct ClipKeys {
  std::string noise;
  std::optional<double> quantile;
  std::optional<double> fraction_of_max;
  std::optional<Unit> scope;

  static FieldTable<ClipKeys> fields() {
    FieldTable<ClipKeys> table;
    table.required("noise", &ClipKeys::noise, noise_name_field("clip"));
    table.optional(
        "quantile", &ClipKeys::quantile,
        {.summary = "threshold: the k-th smallest |x| of the unit, k = max(1, floor(q n))",
         .unit = "ratio",
         .range = between(0, 1),
         .example = 0.999});
    table.optional("fraction_of_max", &ClipKeys::fraction_of_max,
                   {.summary = "threshold: this share of the unit's max|x|",
                    .unit = "ratio",
                    .range = between(0, 1),
                    .example = 0.5});
    table.optional(
        "scope", &ClipKeys::scope,
        {.summary = "values that share a threshold; tensor when left out", .example = "token"});
    return table;
  }

  void check(const ConfigNode& node, ConfigErrors& errors) const {
    if (quantile.has_value() == fraction_of_max.has_value())
      errors.add(node, "needs exactly one of: quantile, fraction_of_max");
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
      const float limit = whole != nullptr ? whole->limit : threshold(unit.in[0]);
      for (Index r = 0; r < unit.out.rows(); ++r)
        report.clipped +=
            noise_kernels().clip(unit.in[0].row(r), limit, unit.out.row(r), unit.out.cols());
      if (context.clipped != nullptr) mark(unit, limit, x.cols(), context.clipped);
    });
    return report;
  }

  bool is_identity() const override {
    return entry_.quantile.value_or(0.0) == 1.0 || entry_.fraction_of_max.value_or(0.0) == 1.0;
  }

  bool tells_clipped() const override { return true; }

  Index rows_together(Index rows) const override { return rows_of_unit(*entry_.scope, rows); }
  MatrixFiguresPtr figures(const RowSource& x, const DistortionContext&) const override {
    if (entry_.scope->kind != Unit::Kind::tensor) return nullptr;
    const auto whole = std::make_shared<Whole>();
    whole->limit = threshold(x);
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

  /// Rank of the threshold among the |x| of a unit of n values.
  Index rank(Index n) const {
    return std::max<Index>(
        1, static_cast<Index>(std::floor(*entry_.quantile * static_cast<double>(n))));
  }
  float share_of(float largest) const {
    return static_cast<float>(*entry_.fraction_of_max * static_cast<double>(largest));
  }
  static float largest_of(ConstMatrixView x) {
    float largest = 0.0f;
    for (Index r = 0; r < x.rows(); ++r)
      largest = std::max(largest, noise_kernels().max_abs(x.row(r), x.cols()));
    return largest;
  }
  float threshold(ConstMatrixView unit) const {
    return entry_.quantile ? kth_smallest_magnitude(unit, rank(unit.size()))
                           : share_of(largest_of(unit));
  }
  float threshold(const RowSource& x) const {
    if (entry_.quantile) return kth_smallest_magnitude(x, rank(x.rows() * x.cols()));
    float largest = 0.0f;
    for_each_part(
        x, 1, [&](Index, ConstMatrixView part) { largest = std::max(largest, largest_of(part)); });
    return share_of(largest);
  }

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
