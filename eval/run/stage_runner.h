#pragma once

/// Runs one stage: the baseline and the lanes of one wave after the other go through the model
/// together, one block's weights at a time, and meet at the head, where every lane is compared with
/// the baseline chunk by chunk.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/model/decoder.h"
#include "eval/data/eval_set.h"
#include "eval/experiment/experiment.h"
#include "eval/plan/memory.h"
#include "eval/plan/model_trial.h"
#include "eval/plan/stage.h"
#include "eval/records/record.h"
#include "eval/run/baseline_rows.h"
#include "eval/run/lane.h"

namespace nf {

class CalibrationResults;

/// Runs the lanes of a stage in the waves of `plan` (whose trials they are, in their order). Within
/// a wave lanes share what they have in common (LaneTree). baseline_rows: where they are not empty
/// (of an earlier call for the same stage) the baseline does not pass the blocks for its own sake;
/// they are filled otherwise. `decoder` must be prepared
/// for all positions. Throws NumericError when the baseline itself leaves the finite numbers,
/// DataError for bad weights, Interrupted.
/// calibration: holds what the trials need of calibration sets.
void run_stage(const Decoder& decoder, const EvalSet& set, const Stage& stage,
               const std::vector<Lane>& lanes, const WavePlan& plan, Gather gather,
               const StageHooks& hooks, BaselineRows& baseline_rows,
               const CalibrationResults* calibration = nullptr);
void run_stage(const Decoder& decoder, const EvalSet& set, const Stage& stage,
               const std::vector<Lane>& lanes, const WavePlan& plan, Gather gather,
               const StageHooks& hooks, const CalibrationResults* calibration = nullptr);

}  // namespace nf
