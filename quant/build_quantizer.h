#pragma once

#include <functional>

#include "perturb/distortion.h"
#include "quant/quantizer_config.h"

namespace nf {

/// The quantizer of a sound entry: its method, inside what chooses its groups or their direction,
/// inside the scales of its features, inside what leaves outliers alone. Each is a Distortion that
/// knows nothing of the others. core: makes the entry's method, with a unit for its granularity and
/// neither scales nor outliers; rtn: round to nearest for the same keys, for choices.
DistortionPtr build_quantizer(const QuantizerConfig& entry,
                              const std::function<DistortionPtr(const QuantizerConfig&)>& core,
                              const std::function<DistortionPtr(const QuantizerConfig&)>& rtn);

}  // namespace nf
