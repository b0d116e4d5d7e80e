#include "core/base/check.h"
#include "quant/quantizer_registry.h"
#include "quant/scaled_runs.h"

namespace nf {
namespace {

/// Round to nearest: every unit's scale from its own min and max, every value to its nearest level.
/// No calibration. On inputs the scales are dynamic: from the window (`tensor`) or the position
/// itself.
class Rtn final : public Distortion {
 public:
  explicit Rtn(const QuantizerConfig& entry)
      : entry_(entry), grid_(make_grid(entry.grid, entry.bits, entry.symmetric)) {}

  DistortionReport apply(ConstMatrixView x, const DistortionContext& context,
                         MatrixView distorted) const override {
    NF_CHECK_SHAPE(distorted, x.rows(), x.cols());
    DistortionReport report;
    for_each_run(x, context, [&](const ScaledRun& run) {
      report.clipped += grid_->quantize(values(x, run), run.scales, values(distorted, run));
    });
    return report;
  }

  bool has_steps() const override { return true; }
  void local_step(ConstMatrixView x, const DistortionContext& context,
                  MatrixView step) const override {
    NF_CHECK_SHAPE(step, x.rows(), x.cols());
    for_each_run(x, context, [&](const ScaledRun& run) {
      grid_->step(values(x, run), run.scales, values(step, run));
    });
  }

  Index rows_together(Index rows) const override { return rows_of_unit(entry_.granularity, rows); }
  MatrixFiguresPtr figures(const RowSource& x, const DistortionContext&) const override {
    if (entry_.granularity.kind != Unit::Kind::tensor) return nullptr;
    const auto whole = std::make_shared<Whole>();
    whole->scale = fit_matrix(*grid_, x);
    return whole;
  }

  Json config() const override { return fields_of<QuantizerConfig>().write(entry_); }

 private:
  /// A matrix that is made in parts and is one unit.
  struct Whole final : MatrixFigures {
    MatrixScale scale;
  };

  void for_each_run(ConstMatrixView x, const DistortionContext& context,
                    const std::function<void(const ScaledRun&)>& visit) const {
    const auto* whole = static_cast<const Whole*>(context.figures);
    if (whole == nullptr) return for_each_scaled_run(*grid_, entry_.granularity, x, visit);
    for (Index r = 0; r < x.rows(); ++r) visit({r, 0, x.cols(), whole->scale.scales()});
  }
  template <class T>
  static std::span<T> values(BasicMatrixView<T> x, const ScaledRun& run) {
    return {x.row(run.row) + run.col, static_cast<std::size_t>(run.count)};
  }

  QuantizerConfig entry_;
  std::unique_ptr<const Grid> grid_;
};

}  // namespace

void register_rtn(QuantizerRegistry& registry) {
  registry.add({.name = "rtn",
                .summary = "round to nearest, scales from each unit's minimum and maximum",
                .fields = {},
                .create = [](const QuantizerConfig& entry, const ConfigNode&, SiteTensor,
                             ConfigErrors&) { return std::make_shared<Rtn>(entry); }});
}

}  // namespace nf
