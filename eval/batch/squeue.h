#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eval/batch/launch_file.h"

namespace nf {

/// A task as Slurm has it.
struct QueuedTask {
  std::string job{};     ///< "123_4", or "123"
  std::string state{};   ///< "PENDING", "RUNNING", ...
  std::string reason{};  ///< why it is pending: "Priority"; "" where there is none
  std::string node{};    ///< where it runs
  Index shard = 0;       ///< that it begins with, from 1; 0: it merges

  bool is_pending() const { return state != "RUNNING" && state != "COMPLETING"; }
};

/// Reads "ID|STATE|REASON|NODE" lines about some jobs.
std::vector<QueuedTask> parse_squeue(std::string_view printed,
                                     const std::vector<SubmittedJob>& jobs);

/// The tasks of jobs that wait or run. nullopt where squeue is not there or does not answer: `why`
/// says which.
std::optional<std::vector<QueuedTask>> queued_tasks(const std::vector<SubmittedJob>& jobs,
                                                    std::string& why);

}  // namespace nf
