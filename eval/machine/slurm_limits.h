#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/types.h"

namespace nf {

/// The limits of a Slurm installation that jobs of many tasks meet. nullopt: not said.
struct SlurmLimits {
  std::string version{};                  ///< "22.05.8"
  std::optional<Index> max_array_size{};  ///< task numbers of an array are below it; 0: no arrays
  std::optional<Index> max_job_count{};   ///< jobs of everybody that the controller knows at once
  std::optional<bool> may_requeue{};      ///< JobRequeue: jobs may be queued again by default

  /// The highest number that a task of an array may have; 0 where there are no arrays.
  Index last_task() const;
};

/// Reads what `scontrol show config` prints.
SlurmLimits parse_slurm_limits(std::string_view config);

/// Asks scontrol. nullopt where there is none, or no controller that answers it: `why` says which.
std::optional<SlurmLimits> slurm_limits(std::string& why);

}  // namespace nf
