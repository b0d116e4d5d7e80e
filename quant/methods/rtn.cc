#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/check.h"
#include "quant/quantizer_registry.h"
#include "quant/scaled_runs.h"

namespace nf {
namespace {

/// Round to nearest: every unit's scale from its own values, every value to its nearest level. On
/// inputs the scales are dynamic, from the window (`tensor`) or the position itself, unless they
/// are static: from the smallest and largest value of the calibration set. An infinity that took no
/// part in its scale becomes NaN by itself.
class Rtn final : public Distortion {
 public:
  explicit Rtn(const QuantizerConfig& entry)
      : entry_(entry), unit_(entry.granularity.unit), grid_(entry.make_grid()) {}

  DistortionReport apply(ConstMatrixView x, const DistortionContext& context,
                         MatrixView distorted) const override {
    NF_CHECK_SHAPE(distorted, x.rows(), x.cols());
    DistortionReport report;
    for_each_run(x, context, [&](const ScaledRun& run) {
      if (context.integers != nullptr) {  // a row has one run then
        context.integers->scale[static_cast<std::size_t>(run.row)] = *run.scales.scale;
        context.integers->zero[static_cast<std::size_t>(run.row)] = *run.scales.zero;
      }
      report.clipped += quantize_run(
          *grid_, run, values(x, run), values(distorted, run),
          context.clipped == nullptr ? nullptr : context.clipped + run.row * x.cols() + run.col);
      if (entry_.is_static) keep_infinities_out(values(x, run), values(distorted, run));
    });
    return report;
  }

  IntegerLevels integer_levels(SiteTensor tensor) const override {
    return entry_.integer_levels(tensor);
  }
  bool tells_clipped() const override { return true; }
  std::optional<Unit> grid_unit(SiteTensor) const override { return unit_; }
  bool has_steps() const override { return true; }
  void local_step(ConstMatrixView x, const DistortionContext& context,
                  MatrixView step) const override {
    NF_CHECK_SHAPE(step, x.rows(), x.cols());
    for_each_run(x, context, [&](const ScaledRun& run) {
      grid_->step(values(x, run), run.scales, values(step, run));
    });
  }

  bool has_levels() const override { return true; }
  void levels_around(ConstMatrixView x, const DistortionContext& context, MatrixView lower,
                     MatrixView upper) const override {
    NF_CHECK_SHAPE(lower, x.rows(), x.cols());
    NF_CHECK_SHAPE(upper, x.rows(), x.cols());
    for_each_run(x, context, [&](const ScaledRun& run) {
      levels_around_run(*grid_, run, values(x, run), values(lower, run), values(upper, run));
      if (!entry_.is_static) return;
      keep_infinities_out(values(x, run), values(lower, run));
      keep_infinities_out(values(x, run), values(upper, run));
    });
  }

  InputNeeds input_needs(SiteTensor) const override {
    return {.ranges = entry_.is_static, .sample = entry_.range.kind == RangeRule::Kind::awq};
  }

  Index rows_together(Index rows) const override { return rows_of_unit(unit_, rows); }
  MatrixFiguresPtr figures(const RowSource& x, const DistortionContext& context) const override {
    if (unit_.kind != Unit::Kind::tensor) return nullptr;
    const UnitFit fit = entry_.unit_fit(grid_, context.site);
    const auto whole = std::make_shared<Whole>();
    if (fit.needs_inputs()) {
      NF_CHECK(context.inputs != nullptr, "{}: no statistics of its inputs", context.site.name());
      const PartialProduct product(context.inputs->sample);
      whole->scale = fit.fit(x, &product);
    } else {
      whole->scale = fit.fit(x);
    }
    return whole;
  }

  Json config() const override { return entry_.config(); }

 private:
  /// A matrix that is made in parts and is one unit.
  struct Whole final : MatrixFigures {
    MatrixScale scale;
  };

  void for_each_run(ConstMatrixView x, const DistortionContext& context,
                    const std::function<void(const ScaledRun&)>& visit) const {
    const auto* whole = static_cast<const Whole*>(context.figures);
    if (whole != nullptr) return for_each_scaled_run(whole->scale, x, visit);
    if (entry_.is_static) return for_each_scaled_run(static_scale(x, context), x, visit);
    const UnitFit fit = entry_.unit_fit(grid_, context.site);
    // What q_proj and k_proj do not look at must be there all the same: needs are not of a role.
    const bool is_needy = !input_needs(context.site.tensor).empty();
    const InputStatistics* inputs = is_needy ? &needed_inputs(x, context) : nullptr;
    for_each_scaled_run(fit, unit_, x,
                        fit.needs_inputs() ? inputs->sample.view() : ConstMatrixView(), visit);
  }
  MatrixScale static_scale(ConstMatrixView x, const DistortionContext& context) const {
    const InputStatistics& inputs = needed_inputs(x, context);
    const float lowest = *std::min_element(inputs.lowest.begin(), inputs.lowest.end());
    const float highest = *std::max_element(inputs.highest.begin(), inputs.highest.end());
    MatrixScale unit;
    entry_.unit_fit(grid_, context.site)
        .fit_range({&lowest, 1}, {&highest, 1}, {&unit.scale, 1}, {&unit.zero, 1});
    return unit;
  }
  static void keep_infinities_out(ConstVectorView x, VectorView distorted) {
    for (std::size_t i = 0; i < x.size(); ++i)
      if (std::isinf(x[i])) distorted[i] = std::numeric_limits<float>::quiet_NaN();
  }
  template <class T>
  static std::span<T> values(BasicMatrixView<T> x, const ScaledRun& run) {
    return {x.row(run.row) + run.col, static_cast<std::size_t>(run.count)};
  }

  QuantizerConfig entry_;
  Unit unit_;
  std::shared_ptr<const Grid> grid_;
};

}  // namespace

void register_rtn(QuantizerRegistry& registry) {
  registry.add({.name = "rtn",
                .summary = "round to nearest, scales from each unit's own values",
                .fields = {},
                .create = [](const QuantizerConfig& entry, const ConfigNode&, SiteTensor,
                             ConfigErrors&) { return std::make_shared<Rtn>(entry); }});
}

}  // namespace nf
