#pragma once

#include "perturb/distortion.h"

namespace nf {

/// LLM.int8() (2208.07339): features of an input with |x| >= threshold anywhere in the window stay
/// as they are; the quantizer rounds the rest, and its scales are those of the rest. Features keep
/// their places, so that a group is still one of the same features. The cell of a value that stays
/// has the width 0.
DistortionPtr except_outlier_features(DistortionPtr quantizer, double threshold);

/// Whether a quantizer, under scales of the features or not, leaves features of its inputs as they
/// are: linears that multiply its integers want the codes of weights by columns, too.
bool keeps_features(const Distortion& quantizer);

}  // namespace nf
