#include "eval/cli/stop_rule.h"

#include <fmt/format.h>

#include <limits>

#include "core/base/error.h"
#include "eval/cli/stop_signal.h"
#include "eval/output/progress.h"
#include "eval/records/run_place.h"

namespace nf {
namespace {

/// The share of its time after which a run begins nothing more: what is left is for the files.
constexpr double kTimeShare = 0.97;
/// A shared file system is asked no more often.
constexpr std::chrono::milliseconds kLookEvery{500};

/// Constructed with the process.
const std::chrono::steady_clock::time_point process_start = std::chrono::steady_clock::now();

double seconds_so_far() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - process_start).count();
}

}  // namespace

StopRule::StopRule(std::optional<double> max_time, std::vector<std::filesystem::path> folders)
    : max_time_(max_time), folders_(std::move(folders)) {}

StopReason StopRule::reason() {
  const std::lock_guard lock(mutex_);
  if (reason_ != StopReason::none) return reason_;
  if (stop_requested())
    reason_ = StopReason::signal;
  else if (is_time_over())
    reason_ = StopReason::time;
  else if (has_stop_file())
    reason_ = StopReason::file;
  return reason_;
}

bool StopRule::is_time_over() const {
  return max_time_ && seconds_so_far() >= kTimeShare * *max_time_;
}

bool StopRule::has_stop_file() {
  const Clock::time_point now = Clock::now();
  if (looked_ != Clock::time_point{} && now - looked_ < kLookEvery) return false;
  looked_ = now;
  std::error_code ignored;
  for (const std::filesystem::path& folder : folders_)
    if (std::filesystem::exists(folder / kStopFile, ignored)) {
      found_ = folder / kStopFile;
      return true;
    }
  return false;
}

double StopRule::seconds_left() const {
  return max_time_ ? *max_time_ - seconds_so_far() : std::numeric_limits<double>::infinity();
}

std::string StopRule::text() const {
  const std::lock_guard lock(mutex_);
  if (reason_ == StopReason::file)
    return fmt::format("{} asks to stop; remove it before you go on", found_.string());
  // A run that stops for want of time has not seen the limit itself.
  if (max_time_ && reason_ != StopReason::signal)
    return fmt::format("--max-time {} is nearly over", duration_text(*max_time_));
  return "";
}

int stop_code(StopReason reason) {
  return static_cast<int>(reason == StopReason::signal ? ExitCode::interrupted
                                                       : ExitCode::work_left);
}

}  // namespace nf
