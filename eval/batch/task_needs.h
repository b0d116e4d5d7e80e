#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/types.h"
#include "eval/batch/batch_folder.h"

namespace nf {

/// The resources of one task, as a scheduler is asked for them.
struct TaskNeeds {
  Index threads = 1;
  Index memory = 0;   ///< bytes
  Index minutes = 0;  ///< of the time limit
};

/// The part of a task's memory that its worker is told to stay within: the rest is for the script
/// and for what a plan does not know of.
inline constexpr double kWorkerShare = 0.9;
Index worker_memory(Index task_memory);

/// Enough for any shard of a plan: its memory and a sixth more, twice its time and a quarter of an
/// hour, for a plan may err and a worker takes more than one shard where there is time.
/// most_memory: that the user gives a task.
TaskNeeds task_needs(const std::vector<BatchShard>& shards, Index threads,
                     std::optional<Index> most_memory = {});

/// Enough to join so many bytes of records and make the report of them, on one thread: at least 2
/// GiB and an hour.
TaskNeeds merging_needs(double record_bytes);

/// "2:15:00", as schedulers write it; "1-02:15:00" from a day on.
std::string time_limit_text(Index minutes);

}  // namespace nf
