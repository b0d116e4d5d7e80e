#include "quant/gptq.h"

#include "core/base/check.h"
#include "core/base/error.h"
#include "quant/quantizer_registry.h"
#include "quant/scaled_runs.h"

namespace nf {
namespace {

/// The keys that this method has of its own.
struct GptqKeys : GptqOptions {
  static FieldTable<GptqKeys> fields() {
    FieldTable<GptqKeys> table;
    table.optional("damping", &GptqKeys::damping,
                   {.summary = "added to the diagonal of the inputs' second moment; ten times as "
                               "much where its factorisation fails (after 0: 0.01), at most four "
                               "times",
                    .unit = "of the diagonal's mean",
                    .range = at_least(0)});
    table.optional("block", &GptqKeys::block,
                   {.summary = "groups take their scales from the weight as compensated before "
                               "the block of columns that they begin in",
                    .unit = "columns",
                    .range = at_least(1)});
    table.optional("act_order", &GptqKeys::act_order,
                   {.summary = "columns in the order of their inputs' second moments, largest "
                               "first; without static_groups the groups are of sorted columns"});
    table.optional("static_groups", &GptqKeys::static_groups,
                   {.summary = "groups take their scales before any column is rounded; nothing "
                               "with {group: g, axis: in}"});
    return table;
  }
};

/// GPTQ (arXiv 2210.17323): column by column to the nearest level, the columns that follow changed
/// so that they make up for the error as far as the inputs of the calibration set allow. See
/// quant/gptq.h.
class Gptq final : public Distortion {
 public:
  Gptq(const QuantizerConfig& entry, const GptqKeys& keys)
      : written_(entry),
        entry_(entry),
        unit_(entry.granularity.unit),
        keys_(keys),
        grid_(entry.make_grid()) {
    // A column's groups hold what has been made of it by then, which their range is to span.
    if (unit_.kind == Unit::Kind::group_in) entry_.zero_in_range = false;
  }

  DistortionReport apply(ConstMatrixView x, const DistortionContext& context,
                         MatrixView distorted) const override {
    NF_CHECK_SHAPE(distorted, x.rows(), x.cols());
    const InputStatistics& inputs = needed_inputs(x, context);
    const double scale = 2.0 / static_cast<double>(inputs.size.windows);
    try {
      const GptqResult result =
          gptq(x, inputs.second_moment, scale, keys_, unit_, entry_.unit_fit(grid_, context.site),
               inputs.sample, distorted, context.clipped);
      if (context.integers != nullptr) keep_integers(result.units, *context.integers);
      return {.clipped = result.clipped, .notes = {{"damping", result.damping}}};
    } catch (const NumericError& error) {
      throw NumericError(fmt::format("{}: {}", context.site.name(), error.what()));
    }
  }

  InputNeeds input_needs(SiteTensor) const override {
    return {.second_moment = true, .sample = entry_.range.kind == RangeRule::Kind::awq};
  }
  bool follows_path() const override { return true; }
  double scratch_bytes(Index rows, Index cols) const override {
    return gptq_scratch_bytes(rows, cols, unit_);
  }

  IntegerLevels integer_levels(SiteTensor tensor) const override {
    return entry_.integer_levels(tensor);
  }
  bool tells_clipped() const override { return true; }
  std::optional<Unit> grid_unit(SiteTensor) const override { return unit_; }

  /// The step at the weight as it came, under the scales that it has by itself. Those are GPTQ's
  /// own for tensor, channel and static groups; other groups have scales from compensated values,
  /// which would take the whole of apply() to find again.
  bool has_steps() const override { return true; }
  void local_step(ConstMatrixView x, const DistortionContext& context,
                  MatrixView step) const override {
    NF_CHECK_SHAPE(step, x.rows(), x.cols());
    const UnitFit fit = entry_.unit_fit(grid_, context.site);
    const ConstMatrixView sample =
        fit.needs_inputs() ? needed_inputs(x, context).sample.view() : ConstMatrixView();
    for_each_scaled_run(fit, unit_, x, sample, [&](const ScaledRun& run) {
      const auto count = static_cast<std::size_t>(run.count);
      grid_->step({x.row(run.row) + run.col, count}, run.scales,
                  {step.row(run.row) + run.col, count});
    });
  }

  Json config() const override {
    Json json = written_.config();
    json.update(fields_of<GptqKeys>().write(keys_));
    return json;
  }

 private:
  /// units: of channel or tensor.
  static void keep_integers(const FittedUnits& units, IntegerScales& integers) {
    for (std::size_t r = 0; r < integers.scale.size(); ++r) {
      const Index unit = units.scale.rows() == 1 ? 0 : static_cast<Index>(r);
      integers.scale[r] = units.scale(unit, 0);
      integers.zero[r] = units.zero(unit, 0);
    }
  }

  QuantizerConfig written_;  ///< the entry
  QuantizerConfig entry_;    ///< what of it holds here
  Unit unit_;
  GptqKeys keys_;
  std::shared_ptr<const Grid> grid_;
};

DistortionPtr create(const QuantizerConfig& entry, const ConfigNode& node, SiteTensor,
                     ConfigErrors& errors) {
  GptqKeys keys;
  fields_of<GptqKeys>().read_fields(node, keys, errors);
  return std::make_shared<Gptq>(entry, keys);
}

}  // namespace

void register_gptq(QuantizerRegistry& registry) {
  registry.add({.name = "gptq",
                .summary = "each input's column to the nearest levels, later columns make up for "
                           "its error on the calibration set",
                .fields = fields_of<GptqKeys>().docs(),
                .create = create});
}

}  // namespace nf
