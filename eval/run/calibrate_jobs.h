#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "eval/output/progress.h"
#include "eval/plan/calibration_cost.h"
#include "eval/plan/memory.h"
#include "eval/plan/model_plan.h"
#include "eval/run/calibration_results.h"

namespace nf {

/// The results of calibration sets of one model on this kind of machine, kept in that folder. env:
/// numerics_env()
CalibrationResults calibration_results(const std::filesystem::path& dir, const ModelPlan& plan,
                                       const Json& env, CalibrationResults::Warn warn);

/// Makes what is missing of calibration sets for some jobs, and for predictors of them, in passes
/// within the budget. The decoder must be prepared for all positions of the sets. Throws what
/// run_calibration() throws; all that was made is kept. making: for the progress; empty: as if it
/// took no time.
void calibrate_jobs(const ModelPlan& plan, const Decoder& decoder,
                    const std::vector<const Job*>& jobs, const MemoryBudget& budget,
                    CalibrationResults& results, const std::function<bool()>& should_stop,
                    Progress& progress, const MakingFlops& making = {});

/// The positions of the longest window of the jobs' calibration sets, and of that of predictors; 0
/// where there are none.
Index calibration_positions(const ModelPlan& plan, const std::vector<const Job*>& jobs);

}  // namespace nf
