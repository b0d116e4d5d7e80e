#pragma once

#include <vector>

#include "eval/experiment/calibration_config.h"
#include "eval/experiment/trial.h"

namespace nf {

/// Refuses kinds of `twins` that a trial cannot have on a model: a kind that follows the grid where
/// a site has no quantizer, one that tells clipping where nothing clips, one that needs a
/// calibration set outside the blocks, and one that acts on nothing that the trial distorts. trial:
/// itself, not a twin; node: as written.
void check_twins(const Trial& trial, const TwinsConfig& twins, const ConfigNode& node,
                 const DecoderSpec& spec, ConfigErrors& errors);

/// The twins of a trial, kind by kind, each with all its seeds. seeds: the trial itself with each
/// of its seeds.
std::vector<Trial> twins_of(const std::vector<Trial>& seeds, const TwinsConfig& twins);

/// Names the set that a twin sees whose kind needs one: that of `twins`, else the one of the
/// trial's own entries, else the only one there is. node: the trials as written.
void resolve_twin_calibration(const std::vector<CalibrationConfig>& sets, const ConfigNode& node,
                              std::vector<Trial>& trials, ConfigErrors& errors);

}  // namespace nf
