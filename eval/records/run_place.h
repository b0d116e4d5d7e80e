#pragma once

#include <filesystem>
#include <string>

namespace nf {

/// Folders of a batch folder: many workers share the work of one experiment there. Readers of
/// results want the run folder that is joined of all.
inline constexpr const char* kBatchPlan = "plan.json";
inline constexpr const char* kBatchEnv = "env.json";
inline constexpr const char* kClaimsDir = "claims";
inline constexpr const char* kWorkersDir = "workers";
inline constexpr const char* kMergedDir = "merged";
/// A file of that name in a run folder or a batch folder asks whoever works there to stop.
inline constexpr const char* kStopFile = "STOP";

bool is_batch_folder(const std::filesystem::path& dir);
/// The run folder that a command reads when it is given this one: the joined one of a batch folder,
/// runs/NAME for a bare NAME that is no folder, else the folder itself. Throws ConfigError for a
/// batch folder that has none yet.
std::filesystem::path run_folder_at(const std::filesystem::path& dir);

/// The message for what is no run folder: says what to give instead of a folder of runs, or of a
/// file.
std::string why_no_run_folder(const std::filesystem::path& given);

}  // namespace nf
