#pragma once

#include <vector>

#include "eval/experiment/experiment.h"
#include "eval/output/progress.h"
#include "eval/plan/model_estimate.h"
#include "eval/run/run_options.h"

namespace nf {

/// Runs all models and trials, or the rest of them when the folder holds a part already: per model
/// stages of whole windows and questions, in waves of trials that fit the memory; each wave is
/// recorded before the next begins. results.csv is rebuilt at every end. Throws ConfigError,
/// DataError and NumericError; finished work is kept then, too.
RunOutcome run_experiment(Experiment& experiment, const RunOptions& options, Progress& progress);

/// The cost of run_experiment() in a new folder, after this machine was timed for a moment. Writes
/// nothing.
std::vector<ModelEstimate> plan_experiment(Experiment& experiment, const RunOptions& options);

}  // namespace nf
