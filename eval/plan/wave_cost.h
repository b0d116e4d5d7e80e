#pragma once

#include <map>
#include <span>

#include "eval/data/item.h"
#include "eval/plan/distortion_kinds.h"
#include "eval/plan/lane_tree.h"
#include "eval/plan/stage.h"

namespace nf {

/// Work by kind of distortion (DistortionKinds): values, each with what it takes one thread.
using KindWork = std::map<Index, double>;

/// The cost of some lanes together, known before they run. Costs can be added.
///
/// Parts that threads share out among themselves end when the last thread ends: a `work` is what
/// all threads together could have done until then, so at least what there was to do. Only 3
/// batches on 2 threads are work for 4.
struct WaveCost {
  Index waves = 0;
  Index lanes = 0;         ///< the baseline among them in every wave
  Index block_passes = 0;  ///< one group of lanes through one block
  Index head_passes = 0;
  Index blocks_read = 0;
  double block_flops = 0.0;
  double integer_flops = 0.0;  ///< of block_flops: products of integers, with their blocks' share
                               ///< of everything that is none
  double head_flops = 0.0;
  double distorted_weights = 0.0;  ///< values of weights that are distorted and packed
  double bytes_read = 0.0;         ///< of the checkpoint, as stored

  double block_work = 0.0;          ///< of block_flops but integer_flops
  double integer_work = 0.0;        ///< of integer_flops
  double baseline_head_work = 0.0;  ///< of head_flops: what the baseline's logits take
  double trial_head_work = 0.0;     ///< of head_flops: trials' logits beside the baseline's
  double packing_work = 0.0;        ///< of distorted_weights
  Index own_heads = 0;              ///< read and packed for one lane
  /// Distortions of weights whose statistics are gathered, and of those that have them already.
  KindWork measured_weights{}, weights{};
  KindWork activations{};
  KindWork outer{};  ///< embedding and head, by one thread

  double flops() const { return block_flops + head_flops; }
  WaveCost& operator+=(const WaveCost& more);
};

/// Bytes of a checkpoint that one pass reads, and that a distorted weight reads again.
struct StoredBytes {
  double block = 0.0;  ///< of one block's linears
  double head = 0.0;
  double value = 2.0;  ///< of one value of a linear
};

/// A wave of a stage: its lanes, in their own order, the baseline first.
struct Wave {
  const DecoderSpec& spec;
  std::span<const EvalItem> items;
  const Stage& stage;
  const LaneTree& tree;
  std::span<const TrialPath* const> paths;
  std::span<const ModelTrial* const> trials;  ///< null: the baseline
  bool with_baseline = true;
  bool measures_weights = true;  ///< some lane has no statistics of its weights yet
  Index threads = 1;             ///< that share the work
};

/// The share of a block's products of linears that multiply integers in a trial.
double integer_share(const DecoderSpec& spec, const ModelTrial& trial, Index layer);

/// The threads of which this machine can tell the time: thread_count(), or usable_threads() where a
/// plan asks for those of another machine, more than most_threads().
Index timed_threads();

/// The cost of a wave. kinds: takes in those of the wave's distortions; null: the distortions are
/// not counted by kind.
WaveCost wave_cost(const Wave& wave, const StoredBytes& stored, DistortionKinds* kinds = nullptr);

}  // namespace nf
