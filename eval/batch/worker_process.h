#pragma once

#include <optional>
#include <string>

#include "core/base/json.h"

namespace nf {

/// Adds to a note who makes it: host, process, the running system that knows the process by its
/// number, and under Slurm the job and how often it was started again.
void note_process(Json& note);
/// Whether the process of a note lives; nullopt where it was one of another running system. That of
/// an earlier start of this very job does not: Slurm ends all of a job before it starts it again.
std::optional<bool> process_lives(const Json& note);

/// A name for this process among many: host and process. Under Slurm JOB_TASK of an array, or JOB,
/// stands in front, by which it is found in the queue; then the step and the rank.
std::string process_name();

}  // namespace nf
