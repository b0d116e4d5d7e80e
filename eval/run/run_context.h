#pragma once

#include "eval/experiment/experiment.h"
#include "eval/output/progress.h"
#include "eval/plan/memory.h"
#include "eval/records/run_folder.h"
#include "eval/run/run_options.h"

namespace nf {

/// The surroundings of a run: what all of its steps read, write and ask.
struct RunContext {
  Experiment& experiment;
  RunFolder& folder;
  const RunOptions& options;
  MemoryBudget budget;
  Json env;  ///< numerics_env()
  Progress& progress;
};

}  // namespace nf
