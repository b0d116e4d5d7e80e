#pragma once

#include <string>

#include "eval/cli/command.h"

namespace nf {

/// What standard error is told of signals. Without `first` nothing is.
struct StopNotices {
  std::string first{};   ///< when the first comes
  std::string second{};  ///< behind how many records are kept, when another ends the process
  /// records.jsonl, whose lines are counted then; empty: the number is left out.
  std::string records{};
};

/// Makes SIGINT and SIGTERM end the process at once, with the exit code of an interrupt.
void end_at_stop_signals();
/// From now on they are noted; one of either kind that comes after another ends the process at
/// once.
void catch_stop_signals(const StopNotices& notices = {});
bool stop_requested();

/// The notices of a run whose records lie there, by its --save-every and --quiet.
StopNotices run_notices(const CommandLine& line, const std::string& records);
/// Those of a worker, whose records lie in one folder after the other.
StopNotices worker_notices(const CommandLine& line);

}  // namespace nf
