#pragma once

#include <span>

#include "eval/data/item.h"
#include "eval/plan/lane_tree.h"
#include "eval/plan/stage.h"

namespace nf {

/// The cost of some lanes together, known before they run. Costs can be added.
struct WaveCost {
  Index waves = 0;
  Index lanes = 0;         ///< the baseline among them in every wave
  Index block_passes = 0;  ///< one group of lanes through one block
  Index head_passes = 0;
  Index blocks_read = 0;
  double block_flops = 0.0;
  double head_flops = 0.0;
  double distorted_weights = 0.0;  ///< values of weights that are distorted and packed
  double bytes_read = 0.0;         ///< of the checkpoint, as stored

  double flops() const { return block_flops + head_flops; }
  WaveCost& operator+=(const WaveCost& more);
};

/// Bytes of a checkpoint that one pass reads, and that a distorted weight reads again.
struct StoredBytes {
  double block = 0.0;  ///< of one block's linears
  double head = 0.0;
  double value = 2.0;  ///< of one value of a linear
};

/// The cost of one wave of a stage. tree: of its lanes. paths: the lanes', in their own order.
WaveCost wave_cost(const DecoderSpec& spec, std::span<const EvalItem> items, const Stage& stage,
                   const LaneTree& tree, std::span<const TrialPath* const> paths,
                   bool with_baseline, const StoredBytes& stored);

}  // namespace nf
