#pragma once

#include "perturb/distortion.h"
#include "quant/quantizer_config.h"

namespace nf {

/// The quantizer of `grid: kmeans`, weights only: every unit has levels of its own, those of
/// kmeans_levels(), and each value goes to the nearest (Codebook). Weighted, a value counts by
/// Σ x² of its input over the calibration set, the diagonal of the second moment; a unit whose
/// inputs are all 0 has its values count alike. An infinity makes its unit NaN, a NaN is passed
/// over.
DistortionPtr make_kmeans(const QuantizerConfig& entry);

}  // namespace nf
