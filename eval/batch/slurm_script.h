#pragma once

#include <filesystem>
#include <string>

#include "eval/batch/task_needs.h"

namespace nf {

/// The parts of a batch script that differ from one submission to the next.
struct SlurmScript {
  std::filesystem::path dir;      ///< of the batch, absolute
  std::filesystem::path program;  ///< noisefloor, absolute
  std::string experiment;
  TaskNeeds needs{};
  Index requeues = 20;  ///< times that a task queues itself again
  TaskNeeds merging{};  ///< of the job that merges
};

/// A script for sbatch: a worker, as one task of an array or a job of its own. Its argument is the
/// number that is added to the task's to make the shard's.
std::string shards_script(const SlurmScript& script);
/// A script for sbatch that joins all records, or names what is missing.
std::string merging_script(const SlurmScript& script);

}  // namespace nf
