#pragma once

#include <string>
#include <vector>

#include "eval/experiment/calibration_config.h"
#include "eval/experiment/trial.h"

namespace nf {

/// Fills in the set and the path in effect of each entry that is made from a calibration set, and
/// takes both keys from those that are not: what they do and their ids depend on no set, so that a
/// method without needs can be swept beside others. A set that is not there is a mistake of either.
/// The path of what has a SmoothQuant scale is `none`: the scale is of the untouched model.
/// Where the experiment has no set, what can do without acts without
/// (Distortion::without_inputs()).
void resolve_calibration(const std::vector<CalibrationConfig>& sets, std::vector<Trial>& trials,
                         ConfigErrors& errors);

/// Refuses entries that would need statistics where none are gathered: of the inputs of the
/// embedding and the head, which stand outside the blocks, and of states.
void check_calibrated_sites(const Trial& trial, const DecoderSpec& spec, ConfigErrors& errors);

/// Entries on the weight and on the input of one linear have the same SmoothQuant scale, since each
/// undoes its own: the same alpha, from the same set, or both none. Only quantizers are compared; a
/// site with one tensor quantized alone is free.
void check_smoothquant(const Trial& trial, const DecoderSpec& spec, ConfigErrors& errors);

/// A line for each set that no entry is made from, nor predictors are: "FILE:LINE:COL:
/// calibration.NAME: ...".
std::vector<std::string> unused_calibration(const std::vector<CalibrationConfig>& sets,
                                            const std::vector<const Trial*>& trials,
                                            const std::optional<std::string>& of_predictors = {});

}  // namespace nf
