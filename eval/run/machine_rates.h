#pragma once

#include <vector>

#include "core/model/decoder.h"
#include "eval/data/eval_set.h"
#include "eval/plan/model_trial.h"
#include "eval/plan/wave_cost.h"

namespace nf {

/// The speed at which this machine runs one model with thread_count() threads.
struct MachineRates {
  double block_flops = 0.0;       ///< per second, everything around the products included
  double head_flops = 0.0;        ///< per second, scores included
  double distorted_values = 0.0;  ///< per second: weights read, distorted, measured and packed
  double seconds_of_block = 0.0;  ///< reading and packing one
  double seconds_of_head = 0.0;   ///< reading and packing all of it

  double seconds(const WaveCost& cost) const;
};

/// Times a short pass of the model's first block and of a part of its head on this machine: about a
/// second for a large model. set: the data, of which the first items are used. trials: the first
/// that distorts a weight is timed. decoder: prepared.
MachineRates measure_rates(const Decoder& decoder, const EvalSet& set,
                           const std::vector<const ModelTrial*>& trials);

}  // namespace nf
