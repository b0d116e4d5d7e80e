#pragma once

#include <string>
#include <vector>

#include "core/base/types.h"

namespace nf {

/// A job array over some shards: its task T works on shard `offset` + T, numbered from 1.
struct ArrayJob {
  Index offset = 0;
  std::vector<Index> tasks{};  ///< rising

  /// As sbatch takes them: "1-4,7".
  std::string tasks_text() const;
};

/// Shards shared out over arrays whose tasks have numbers of up to `last_task` (MaxArraySize - 1).
/// shards: from 1, rising. Where there are no arrays (0), each is a job of its own without tasks.
std::vector<ArrayJob> array_jobs(const std::vector<Index>& shards, Index last_task);

/// "1-4,7" of rising numbers.
std::string ranges_text(const std::vector<Index>& numbers);

}  // namespace nf
