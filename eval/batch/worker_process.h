#pragma once

#include <optional>
#include <string>

#include "core/base/json.h"

namespace nf {

/// Adds to a note who makes it: host, process, and the running system that knows the process by its
/// number.
void note_process(Json& note);
/// Whether the process of a note lives; nullopt where it was one of another running system.
std::optional<bool> process_lives(const Json& note);

/// A name for this process among many. Under Slurm JOB_TASK of an array or JOB, which a task that
/// is started again keeps, and behind a space the rank, where there are several; else host and
/// process.
std::string process_name();

}  // namespace nf
