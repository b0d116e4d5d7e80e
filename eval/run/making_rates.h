#pragma once

#include <map>

#include "core/model/decoder_spec.h"
#include "eval/plan/calibration_cost.h"

namespace nf {

/// The cost of making a weight from a calibration set, or a choice for a tensor.
struct MakingRate {
  double each = 0.0;     ///< seconds of one thread, whatever the rows: GPTQ's factorisation
  double row = 0.0;      ///< seconds of one thread for each row
  double replays = 0.0;  ///< runs of the sub-layer on the calibration set

  /// Seconds of `threads` threads where a block runs at so many operations a second.
  double seconds(const MakingWork& work, Index threads, double block_flops) const;
};
using MakingRates = std::map<MakingKind, MakingRate>;

/// The rates at which weights are made, and choices.
struct AllMakingRates {
  MakingRates made{}, chosen{};

  double seconds(const CalibrationCost& cost, Index threads, double block_flops) const;
};

/// Times each kind of `cost` on small weights with statistics that were made up. Sub-layers are not
/// run, but counted. Widths that take long are extrapolated from two smaller ones: what is done
/// once for a weight grows with their square and cube, a row with their first power and square.
AllMakingRates measure_making(const DecoderSpec& spec, const DistortionKinds& kinds,
                              const CalibrationCost& cost);

}  // namespace nf
