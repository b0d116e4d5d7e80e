#pragma once

#include <functional>

#include "perturb/distortion.h"
#include "quant/quantizer_config.h"

namespace nf {

/// The quantizer of a sound entry on that tensor: its method, inside what chooses its groups or
/// their direction, inside the scales of its features. Each is a Distortion that knows nothing of
/// the others. core: makes the entry's method, whose granularity is a unit and whose other axes are
/// those that a method looks at; rtn: round to nearest for the same keys, for choices.
DistortionPtr build_quantizer(const QuantizerConfig& entry, SiteTensor tensor,
                              const std::function<DistortionPtr(const QuantizerConfig&)>& core,
                              const std::function<DistortionPtr(const QuantizerConfig&)>& rtn);

}  // namespace nf
