#pragma once

#include <functional>
#include <map>
#include <utility>

#include "eval/plan/calibration_plan.h"
#include "eval/plan/distortion_kinds.h"

namespace nf {

/// Weights that chains of one kind make, or choices that they make for tensors.
struct MakingWork {
  double count = 0.0;
  double rows = 0.0;          ///< of the weights
  double replay_flops = 0.0;  ///< of the sub-layers of all, each run once on its calibration set

  MakingWork& operator+=(const MakingWork& more);
};
/// The kind of a chain (DistortionKinds) and the first linear that reads the tensor: the widths of
/// weights, and whether others read what they read, follow from these.
using MakingKind = std::pair<Index, Role>;
using MakingWorks = std::map<MakingKind, MakingWork>;

/// The cost of passing calibration sets and of making weights from them, known before. Costs can be
/// added.
struct CalibrationCost {
  Index passes = 0;          ///< of the model's blocks that are loaded for it
  Index outcomes = 0;        ///< weights made, and sites whose statistics are kept
  Index block_passes = 0;    ///< one group of lanes through one block, gathering or as it has it
  double block_flops = 0.0;  ///< of these
  double statistics_flops = 0.0;  ///< of sums and products of inputs
  double made_weights = 0.0;      ///< values of weights
  MakingWorks made{}, chosen{};   ///< weights, and choices (Distortion::choose)
  Index blocks_read = 0;

  double flops() const { return block_flops + statistics_flops; }
  CalibrationCost& operator+=(const CalibrationCost& more);
};

/// The cost of one pass. kinds: takes in those of the chains; null: the making of weights is not
/// counted by kind.
CalibrationCost calibration_cost(const DecoderSpec& spec, const CalibrationPlan& plan,
                                 DistortionKinds* kinds = nullptr);

/// The time that a pass takes to make weights and choices, as the operations of blocks that take as
/// long.
using MakingFlops = std::function<double(const DecoderSpec& spec, const CalibrationPlan& plan)>;

}  // namespace nf
