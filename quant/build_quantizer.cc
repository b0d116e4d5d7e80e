#include "quant/build_quantizer.h"

#include "core/base/check.h"
#include "quant/auto_groups.h"
#include "quant/kmeans.h"
#include "quant/outlier_features.h"

namespace nf {
namespace {

using Core = std::function<DistortionPtr(const QuantizerConfig&)>;

/// The entry as choices round it: to nearest, in ranges from minimum to maximum (2309.15531).
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
  const QuantizerConfig trial = trial_of(entry);
  return choose_groups(
      *entry.granularity.automatic,
      [&](Index g) { return make_core(with_unit(trial, Unit::groups(g)), rtn); },
      [&](Index g) { return make_core(with_unit(entry, Unit::groups(g)), core); });
}

}  // namespace

DistortionPtr build_quantizer(const QuantizerConfig& entry, SiteTensor, const Core& core,
                              const Core& rtn) {
  QuantizerConfig inner = entry;
  inner.except_outliers = std::nullopt;
  inner.channel_scale = {};
  DistortionPtr quantizer =
      entry.granularity.automatic ? with_auto_groups(inner, core, rtn) : make_core(inner, core);
  if (entry.except_outliers) quantizer = except_outlier_features(quantizer, *entry.except_outliers);
  return quantizer;
}

}  // namespace nf
