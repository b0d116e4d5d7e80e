#pragma once

#include "eval/plan/calibration_plan.h"

namespace nf {

/// The cost of passing calibration sets and of making weights from them, known before. Costs can be
/// added.
struct CalibrationCost {
  Index passes = 0;          ///< of the model's blocks that are loaded for it
  Index outcomes = 0;        ///< weights made, and sites whose statistics are kept
  Index block_passes = 0;    ///< one group of lanes through one block, gathering or as it has it
  double block_flops = 0.0;  ///< of these
  double statistics_flops = 0.0;  ///< of sums and products of inputs
  double made_weights = 0.0;      ///< values of weights
  Index blocks_read = 0;

  double flops() const { return block_flops + statistics_flops; }
  CalibrationCost& operator+=(const CalibrationCost& more);
};

/// The cost of one pass.
CalibrationCost calibration_cost(const DecoderSpec& spec, const CalibrationPlan& plan);

}  // namespace nf
