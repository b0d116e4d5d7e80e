#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/base/types.h"

namespace nf {

/// The file of a batch folder that says how its workers were started.
inline constexpr const char* kLaunch = "launch.json";

/// The program that starts the workers.
enum class Launcher { slurm, parallel, shell };
/// "slurm", "parallel", "shell".
const char* launcher_name(Launcher launcher);

/// A job that a scheduler has taken.
struct SubmittedJob {
  std::string id{};       ///< "123"; of Slurm's
  std::string cluster{};  ///< of several; empty: the usual one
  Index offset = 0;       ///< task T is about shard offset + T
  std::string tasks{};    ///< "1-4,7"; empty: one job without tasks
  bool is_merging = false;
};

/// The contents of launch.json.
struct LaunchFile {
  Launcher launcher = Launcher::slurm;
  Index threads = 1;                   ///< of a worker
  Index memory = 0;                    ///< bytes that a worker is given
  Index minutes = 0;                   ///< of its time limit
  double record_bytes = 0;             ///< that all workers together leave, as planned
  Index requeues = 20;                 ///< times that a task queues itself again
  std::optional<Index> at_once{};      ///< tasks of an array that may run at a time
  std::vector<std::string> options{};  ///< for sbatch
  std::vector<SubmittedJob> jobs{};    ///< all that were submitted, the oldest first

  Json to_json() const;
  /// Throws DataError for a file that cannot be read.
  static LaunchFile read(const std::filesystem::path& batch);
  void write(const std::filesystem::path& batch) const;
};

}  // namespace nf
