#pragma once

#include <chrono>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace nf {

enum class StopReason { none, signal, time, file };

/// When a run is to stop at the next point: at a signal, when most of its time is over, and where a
/// file STOP asks for it. Thread-safe: passes ask from all of their threads.
class StopRule {
 public:
  /// max_time: seconds that the process has, from its start. folders: where a STOP may lie.
  StopRule(std::optional<double> max_time, std::vector<std::filesystem::path> folders);

  /// Why to stop, the first reason that was seen: it stays.
  StopReason reason();
  bool should_stop() { return reason() != StopReason::none; }
  /// Seconds until the process has no more.
  double seconds_left() const;
  /// The cause of the stop, and what to do about it; empty for a signal.
  std::string text() const;

 private:
  using Clock = std::chrono::steady_clock;

  bool is_time_over() const;
  bool has_stop_file();

  std::optional<double> max_time_;
  std::vector<std::filesystem::path> folders_;
  StopReason reason_ = StopReason::none;
  std::filesystem::path found_{};
  Clock::time_point looked_{};  ///< for files
  mutable std::mutex mutex_;    ///< of reason_, found_ and looked_
};

/// The exit code of a run that was stopped.
int stop_code(StopReason reason);

}  // namespace nf
