#pragma once

#include "core/model/decoder.h"
#include "eval/plan/calibration_plan.h"
#include "eval/run/calibration_results.h"
#include "eval/run/lane.h"

namespace nf {

/// Makes what is missing of calibration sets: takes their lanes through the blocks side by side,
/// one block's weights at a time; gathers before each block what its linears read, makes and keeps
/// weights in the order of their roles, and then goes on as the trials have the block.
///
/// What is made depends on nothing but its key: neither on threads nor on batches, nor on what else
/// is made. decoder must be prepared for all positions of the sets. Throws Interrupted where the
/// hooks ask to stop, NumericError where the untouched model itself leaves the finite numbers; what
/// was made is kept then. distorting_threads: weights that are made at the same time. value_flops:
/// operations that the hooks are told for each value of a weight that is made.
void run_calibration(const Decoder& decoder, const CalibrationPlan& plan,
                     CalibrationResults& results, Index distorting_threads, const StageHooks& hooks,
                     double value_flops = 0.0);

}  // namespace nf
