#pragma once

#include <functional>
#include <string>

#include "eval/batch/batch_folder.h"
#include "eval/batch/merge.h"

namespace nf {

/// Joins the records of all workers to DIR/merged, whatever there is until now; a merged folder of
/// before is replaced once the new one is whole. The outcome names what is missing. Several
/// processes may do it at once: each leaves a whole folder. Throws what merge_runs() throws, and
/// ConfigError where no worker has begun.
MergeOutcome merge_batch(const BatchFolder& batch, bool any_env, const MetricRegistry& metrics,
                         const std::string& command);

/// Whether a process that lives is joining the records.
bool is_being_merged(const BatchFolder& batch);
/// Waits while one is, until it has ended or is known to be dead, or should_stop.
void await_merge(const BatchFolder& batch, const std::function<bool()>& should_stop);

}  // namespace nf
