#pragma once

#include <string>

#include "eval/batch/batch_folder.h"
#include "eval/batch/merge.h"

namespace nf {

/// Joins the records of all workers to DIR/merged, whatever they have until now, with a report; a
/// merged folder of before is replaced once the new one is whole. The outcome names what is
/// missing. Two processes may do it at once: each leaves a whole folder. Throws what merge_runs()
/// throws, and ConfigError where no worker has anything.
MergeOutcome merge_batch(const BatchFolder& batch, const KindsPtr& kinds, bool any_env,
                         const std::string& command);

}  // namespace nf
