#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "eval/batch/batch_folder.h"
#include "eval/batch/launch_file.h"

namespace nf {

/// Files of the launchers that are no scheduler: a loop over all shards, and a list of commands
/// with the script that gives it to GNU parallel.
inline constexpr const char* kLoopScript = "shards.sh";
inline constexpr const char* kListScript = "parallel.sh";
inline constexpr const char* kShardList = "shards.txt";

/// The way in which workers of a batch folder are started.
struct LaunchRequest {
  std::filesystem::path program;  ///< noisefloor, absolute
  std::vector<Index> shards;      ///< from 1, rising
  bool dry_run = false;           ///< writes all and submits nothing
  /// Called with the shards of each job that was taken, before the next is submitted.
  std::function<void(const std::vector<Index>& shards)> accepted = [](const auto&) {};
};

/// Writes the scripts of the launcher into the folder and submits them, where there is somebody to
/// submit to. Adds to file.jobs and writes it after every job that was taken, so that what runs is
/// known also where a later one is refused, and a refusal of the first leaves it as it was. Returns
/// what to tell the user, a line each. Throws DataError where a file cannot be written or Slurm
/// does not take a job.
std::vector<std::string> launch(const BatchFolder& batch, const LaunchRequest& request,
                                LaunchFile& file);

}  // namespace nf
