#pragma once

#include "eval/plan/model_data.h"
#include "eval/results/results.h"
#include "eval/run/stage_runner.h"

namespace nf {

/// The outcome of a stage for one lane as a record of the trial `key`: everything but `stop`, `env`
/// and `run`.
Record lane_record(const RowKey& key, const ModelData& data, const Stage& stage, LaneResult result);

}  // namespace nf
