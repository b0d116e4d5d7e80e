#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "eval/experiment/experiment.h"
#include "eval/output/progress.h"
#include "eval/plan/memory.h"
#include "eval/plan/model_estimate.h"
#include "eval/results/followed_searches.h"
#include "eval/run/run_options.h"

namespace nf {

/// Runs all models and trials, or what is left of them when the folder holds a part already: per
/// model stages of whole windows and questions, in waves of trials that fit the memory; each wave
/// is recorded before the next begins. results.csv is rebuilt at every end. Throws ConfigError,
/// DataError and NumericError; what was finished before is kept then, too.
RunOutcome run_experiment(Experiment& experiment, const RunOptions& options, Progress& progress);

/// What run_experiment() would cost in a new folder, after a short calibration on this machine.
/// Writes nothing.
std::vector<ModelEstimate> plan_experiment(Experiment& experiment, const RunOptions& options);

/// What a run may use: `memory` bytes, else what the experiment says, else most of what is free. To
/// be called when everything but the weights is read.
MemoryBudget run_budget(const ExperimentConfig& config, std::optional<Index> memory);
/// Makes a decoder ready for the longest item.
void prepare_decoder(Decoder& decoder, const EvalSet& set);

/// What may change bits from machine to machine: compared before records are mixed.
Json numerics_env();

}  // namespace nf
