#include "quant/build_quantizer.h"

#include "quant/adaptive_axis.h"
#include "quant/auto_groups.h"
#include "quant/channel_scaled.h"
#include "quant/kmeans.h"
#include "quant/outlier_features.h"

namespace nf {
namespace {

using Core = std::function<DistortionPtr(const QuantizerConfig&)>;

/// The entry as searches for an axis or a scale round it: to nearest, in ranges from minimum to
/// maximum (2309.15531).
QuantizerConfig trial_of(QuantizerConfig entry) {
  entry.range = {};
  entry.zero_in_range = false;
  entry.method = "rtn";
  if (entry.grid.has_own_levels()) entry.weighted = false;
  return entry;
}

QuantizerConfig with_unit(QuantizerConfig entry, const Unit& unit) {
  entry.granularity = {.unit = unit};
  return entry;
}

DistortionPtr make_core(const QuantizerConfig& entry, const Core& core) {
  return entry.grid.has_own_levels() ? make_kmeans(entry) : core(entry);
}

DistortionPtr with_auto_groups(const QuantizerConfig& entry, const Core& core, const Core& rtn) {
  QuantizerConfig trial = entry;
  trial.method = "rtn";
  return choose_groups(
      *entry.granularity.automatic,
      [&](Index g) { return make_core(with_unit(trial, Unit::groups(g)), rtn); },
      [&](Index g) { return make_core(with_unit(entry, Unit::groups(g)), core); });
}

DistortionPtr with_adaptive_axis(const QuantizerConfig& entry, const Core& core, const Core& rtn) {
  const Index g = entry.granularity.adaptive->group;
  const auto form = [&](const Unit& unit, const QuantizerConfig& made) {
    return AdaptiveAxis::Form{.trial = make_core(with_unit(trial_of(entry), unit), rtn),
                              .method = make_core(with_unit(made, unit), core)};
  };
  QuantizerConfig along_outputs = entry;
  along_outputs.zero_in_range = false;  // as its authors' code has it
  return std::make_shared<AdaptiveAxis>(form(Unit::groups(g), entry),
                                        form(Unit::groups_in(g), along_outputs), g,
                                        entry.granularity.adaptive->error_at);
}

DistortionPtr with_granularity(const QuantizerConfig& entry, const Core& core, const Core& rtn) {
  if (entry.granularity.automatic) return with_auto_groups(entry, core, rtn);
  if (entry.granularity.adaptive) return with_adaptive_axis(entry, core, rtn);
  return make_core(entry, core);
}

/// The rounding of AWQ's search: to nearest, from minimum to maximum, before an axis is chosen.
DistortionPtr search_rounding(QuantizerConfig entry, const Core& rtn) {
  if (entry.granularity.adaptive)
    entry = with_unit(entry, Unit::groups(entry.granularity.adaptive->group));
  return with_granularity(trial_of(entry), rtn, rtn);
}

ChannelScaleRule scale_rule(const QuantizerConfig& entry, const Core& rtn) {
  const ChannelScale& scale = entry.channel_scale;
  if (scale.kind == ChannelScale::Kind::smoothquant) return SmoothQuantRule{.alpha = scale.alpha};
  QuantizerConfig rounded = entry;
  rounded.channel_scale = {};
  return AwqRule{.steps = scale.steps, .rounding = search_rounding(rounded, rtn)};
}

}  // namespace

DistortionPtr build_quantizer(const QuantizerConfig& entry, const Core& core, const Core& rtn) {
  QuantizerConfig inner = entry;
  inner.except_outliers = std::nullopt;
  inner.channel_scale = {};
  DistortionPtr quantizer = with_granularity(inner, core, rtn);
  if (entry.channel_scale.kind != ChannelScale::Kind::none)
    quantizer = std::make_shared<ChannelScaled>(quantizer, scale_rule(entry, rtn));
  if (entry.except_outliers) quantizer = except_outlier_features(quantizer, *entry.except_outliers);
  return quantizer;
}

}  // namespace nf
