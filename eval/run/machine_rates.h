#pragma once

#include <vector>

#include "core/model/decoder.h"
#include "eval/data/eval_set.h"
#include "eval/experiment/stats_mode.h"
#include "eval/plan/calibration_cost.h"
#include "eval/plan/distortion_kinds.h"
#include "eval/plan/wave_cost.h"
#include "eval/run/making_rates.h"

namespace nf {

/// The speed at which this machine runs one model with `threads` threads. Times of one thread are
/// taken while all are at work: they share caches and memory.
struct MachineRates {
  Index threads = 1;
  double block_flops = 0.0;  ///< per second, everything around the products included
  /// The same of blocks whose linears multiply integers, which are there; 0 where no trial of the
  /// plan has any.
  double integer_flops = 0.0;
  double baseline_head_flops = 0.0;  ///< per second: logits and their log-sum-exp
  double trial_head_flops = 0.0;     ///< per second: scores included
  double seconds_of_block = 0.0;     ///< reading and packing one
  double seconds_of_head = 0.0;      ///< reading and packing all of it
  double packing = 0.0;              ///< seconds of one thread to read and pack a weight's value
  /// Seconds of one thread for each value, by kind (DistortionKinds): distorted, and measured too.
  std::vector<double> distorting{}, measuring{};
  AllMakingRates making{};  ///< of weights that are made from calibration sets

  double seconds(const WaveCost& cost) const;
  double seconds(const CalibrationCost& cost) const;
};

/// Times short pieces of each kind of work on this machine, each several times, of which the best
/// counts: the processor time of a thread while all run the same, so that other load on the machine
/// changes little. Takes about a second. set: the data, of which the first items are used. kinds:
/// the distortions of the plan. calibrating: what is made from calibration sets. decoder: prepared.
MachineRates measure_rates(const Decoder& decoder, const EvalSet& set, const DistortionKinds& kinds,
                           StatsMode stats, const CalibrationCost& calibrating = {});

}  // namespace nf
